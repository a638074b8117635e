package progress

import (
	"fmt"
	"math"
	"strings"
)

// style is how a piece of a line looks. It never says anything that the text
// does not say too.
type style string

// The styles, as the parameters of an SGR escape sequence.
const (
	normal style = ""
	strong style = "1"
	faint  style = "2"
	good   style = "32"
	watch  style = "33"
	bad    style = "31"
)

// piece is text in one style, and row is a line of them.
type (
	piece struct {
		text  string
		style style
	}
	row []piece
)

const (
	labels   = 13 // columns before what a label is about
	longest  = 48 // columns of a meter, where there is room
	shortest = 10
	beside   = 28 // columns kept free right of a meter
)

// frame draws a snapshot as rows of at most width columns.
func frame(s Snapshot, width int, ascii bool) []row {
	rows := []row{header(s, width)}
	rows = append(rows, happening(s, width)...)
	rows = append(rows, nil, label("traffic", piece{text: rate(s.Rate)}))
	for _, arm := range arms(s) {
		rows = append(rows, population(arm))
	}
	if s.Line > 1 {
		rows = append(rows, nil)
		rows = append(rows, meters(s, min(longest, max(shortest, width-labels-beside)), ascii)...)
	}
	return rows
}

// header is the name of the run, with its age at the right edge.
func header(s Snapshot, width int) row {
	title, age := []rune(printable(s.heading())), clock(s)
	title = title[:min(len(title), max(width-len(age)-2, 0))]
	gap := max(width-len(title)-len(age), 0)
	return row{{string(title), strong}, {strings.Repeat(" ", gap) + age, faint}}
}

// happening is the state and its sentence, wrapped beside it.
func happening(s Snapshot, width int) []row {
	var rows []row
	name := printable(s.State)
	for _, text := range wrap(printable(s.Sentence), max(width-labels, 20)) {
		rows = append(rows, row{{fmt.Sprintf("  %-*s", labels-2, name), strong}, {text, normal}})
		name = ""
	}
	return rows
}

// label puts a faint word before pieces.
func label(word string, pieces ...piece) row {
	return append(row{{fmt.Sprintf("  %-*s", labels-2, word), faint}}, pieces...)
}

// population is one arm, in columns: the share that is bad, and of how many.
func population(arm named) row {
	if arm.Requests == 0 {
		return label(arm.name, piece{"none yet", faint})
	}
	share := 100 * float64(arm.Bad) / float64(arm.Requests)
	return label(arm.name, piece{text: fmt.Sprintf("%6.2f%% bad  %6s of %s requests", share, grouped(arm.Bad), grouped(arm.Requests))})
}

// meters show both ways the run can end: evidence against the belief on a log
// scale up to the line that halts, and the way to upheld.
func meters(s Snapshot, cells int, ascii bool) []row {
	word, color := weight(s.Evidence, s.Line), good
	switch {
	case s.Evidence >= s.Line:
		color = bad
	case s.Evidence >= 10:
		color = watch
	}
	against := label("against", meter(height(s.Evidence, s.Line), cells, color, ascii)...)
	against = append(against, piece{text: fmt.Sprintf("  %s  %s", number(s.Evidence), word)})
	toward := label("for", meter(s.Upheld, cells, good, ascii)...)
	// Rounded down: 100% is reached when it is reached.
	toward = append(toward, piece{text: fmt.Sprintf("  %.0f%% of what it takes", math.Floor(100*unit(s.Upheld)))})
	return []row{against, label("", piece{scale(s.Line, cells), faint}), toward}
}

// height is where an e-value stands between 1 and line on a log scale.
func height(evidence, line float64) float64 {
	if evidence <= 1 {
		return 0
	}
	return unit(math.Log(evidence) / math.Log(line))
}

// unit keeps x in [0,1]; what is not a number is 0.
func unit(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return min(max(x, 0), 1)
}

// meter is a bar that is filled to a share in [0,1], to half a cell where the
// terminal can draw one.
func meter(share float64, cells int, color style, ascii bool) []piece {
	halves := int(unit(share) * 2 * float64(cells))
	full, half := halves/2, halves%2
	if ascii {
		return []piece{{strings.Repeat("#", full), color}, {strings.Repeat("-", cells-full), faint}}
	}
	filled := strings.Repeat("━", full) + strings.Repeat("╸", half)
	return []piece{{filled, color}, {strings.Repeat("─", cells-full-half), faint}}
}

// scale writes the powers of ten under the places they have in a meter, and the
// line at its end.
func scale(line float64, cells int) string {
	ticks := []byte(strings.Repeat(" ", cells))
	for v := 1.0; v < line; v *= 10 {
		at, text := int(height(v, line)*float64(cells)), number(v)
		if at+len(text) < cells && strings.TrimSpace(string(ticks[max(at-1, 0):at+len(text)])) == "" {
			copy(ticks[at:], text)
		}
	}
	return string(ticks) + number(line) + " halts"
}

// text is the row as bytes for a terminal, cut to width columns.
func (r row) text(width int, color bool) string {
	var b strings.Builder
	for _, p := range r {
		runes := []rune(p.text)
		runes = runes[:min(len(runes), width)]
		width -= len(runes)
		if color && p.style != normal && len(runes) > 0 {
			fmt.Fprintf(&b, "\x1b[%sm%s\x1b[0m", p.style, string(runes))
			continue
		}
		b.WriteString(string(runes))
	}
	return b.String()
}

// columns is how many columns the row takes, uncut.
func (r row) columns() int {
	n := 0
	for _, p := range r {
		n += len([]rune(p.text))
	}
	return n
}
