package progress

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// interval is the least time between two drawings of the same state: about
// seven a second.
const interval = 150 * time.Millisecond

// Display shows snapshots on a writer. It is itself an [io.Writer]: what is
// written to it, such as a log, appears above the lines that are drawn again and
// again. It may be used by several goroutines.
//
// A writer that fails ends the display, not the run: the first error is kept and
// returned by Close.
type Display struct {
	out  io.Writer
	look Look

	mu      sync.Mutex
	last    Snapshot
	shown   bool      // a snapshot has been shown
	stale   bool      // last is newer than what is drawn
	drawn   time.Time // when the frame was drawn
	frame   []int     // columns of each line of the frame on the terminal
	partial []byte    // of a line written to the display
	err     error
}

// New returns a display that writes to w and looks like look, which is mostly
// what [Detect] found.
func New(w io.Writer, look Look) *Display {
	return &Display{out: w, look: look}
}

// Show shows the snapshot: at once when the state has changed, otherwise only on
// a terminal and only when the last drawing is old enough.
func (d *Display) Show(s Snapshot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	state, run := s.changed(d.last)
	state, run = state || !d.shown, run || !d.shown
	switch {
	case !d.look.Live && state:
		d.say(s, run)
	case d.look.Live && run:
		d.leave()
	default:
	}
	d.last, d.shown, d.stale = s, true, true
	if d.look.Live && (state || time.Since(d.drawn) >= interval) {
		d.draw("")
	}
}

// Write puts whole lines above the frame; what follows the last newline waits
// for its own.
func (d *Display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.partial = append(d.partial, p...)
	if end := bytes.LastIndexByte(d.partial, '\n') + 1; end > 0 {
		d.draw(string(d.partial[:end]))
		d.partial = append([]byte(nil), d.partial[end:]...)
	}
	return len(p), d.err
}

// Close draws what was not drawn yet and leaves it there. The display may be
// used again: new lines then begin below.
func (d *Display) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if rest := d.partial; len(rest) > 0 {
		d.partial = nil
		d.draw(string(rest) + "\n")
	}
	d.leave()
	return d.err
}

// say writes the plain lines of a snapshot.
func (d *Display) say(s Snapshot, run bool) {
	if heading := printable(s.heading()); run && heading != "" {
		d.write(heading + "\n")
	}
	d.write("  " + plain(s) + "\n")
}

// leave brings the frame up to date and walks away from it.
func (d *Display) leave() {
	if d.look.Live && d.stale {
		d.draw("")
	}
	if d.frame != nil {
		d.write("\n")
	}
	d.frame, d.shown = nil, false
}

// draw replaces the frame by one of the last snapshot, with above before it, in
// one write so that nothing flickers.
func (d *Display) draw(above string) {
	width := d.look.width()
	var b strings.Builder
	if up := d.lines(width); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", up)
	}
	b.WriteString(above)
	if d.look.Live && d.shown {
		d.frame = nil
		for _, r := range frame(d.last, width, d.look.ASCII) {
			b.WriteString(r.text(width, d.look.Color) + "\n")
			d.frame = append(d.frame, min(r.columns(), width))
		}
		d.drawn, d.stale = time.Now(), false
	}
	d.write(b.String())
}

// lines is how many lines the frame takes on a terminal that is now width
// columns wide: when it has become narrower, lines have wrapped.
func (d *Display) lines(width int) int {
	n := 0
	for _, columns := range d.frame {
		n += max(1, (columns+width-1)/width)
	}
	return n
}

// write writes text unless the writer has failed before.
func (d *Display) write(text string) {
	if d.err == nil && text != "" {
		_, d.err = io.WriteString(d.out, text)
	}
}
