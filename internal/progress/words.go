package progress

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// plain is a snapshot in one line, without its heading.
func plain(s Snapshot) string {
	var b strings.Builder
	b.WriteString(clock(s) + " " + s.State)
	if s.Sentence != "" {
		b.WriteString(": " + s.Sentence)
	}
	var numbers []string
	if s.Rate > 0 {
		numbers = append(numbers, rate(s.Rate))
	}
	for _, arm := range arms(s) {
		if arm.Requests > 0 {
			numbers = append(numbers, fmt.Sprintf("%s %s bad of %s", arm.name, grouped(arm.Bad), grouped(arm.Requests)))
		}
	}
	if s.Line > 1 {
		numbers = append(numbers, fmt.Sprintf("evidence %s, halts at %s", number(s.Evidence), number(s.Line)))
	}
	if len(numbers) > 0 {
		b.WriteString(" (" + strings.Join(numbers, "; ") + ")")
	}
	return printable(b.String())
}

// named is a population with its name.
type named struct {
	Arm

	name string
}

// arms are the populations in the order they come to be.
func arms(s Snapshot) []named {
	return []named{{s.Before, "before"}, {s.Control, "control"}, {s.Fault, "fault"}}
}

// clock is the age of the run in whole seconds: "1m5s".
func clock(s Snapshot) string { return s.Elapsed.Round(1e9).String() }

// rate is requests per second in words.
func rate(perSecond float64) string {
	return grouped(uint64(math.Round(max(perSecond, 0)))) + " requests per second"
}

// weight says in a word what an e-value is worth.
func weight(evidence, line float64) string {
	switch {
	case evidence >= line:
		return "halt"
	case evidence >= 10:
		return "suspicious"
	case evidence >= 3:
		return "weak"
	default:
		return "nothing"
	}
}

// number is an e-value, as exact as anybody wants to read it.
func number(e float64) string {
	switch {
	case e > 1e15:
		return "over 1e15"
	case e >= 10:
		return grouped(uint64(e))
	case e == math.Trunc(e):
		return strconv.FormatFloat(e, 'f', 0, 64)
	default:
		return strconv.FormatFloat(e, 'f', 1, 64)
	}
}

// grouped writes n with a comma after each thousand.
func grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// printable replaces what could move the cursor or break a line. Names come
// from documents, and documents come from anywhere.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// wrap breaks text between words into lines of at most width runes; a longer
// word stays whole.
func wrap(text string, width int) []string {
	var lines []string
	var line string
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
