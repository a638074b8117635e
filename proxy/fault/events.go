package fault

import (
	"io"

	"github.com/poise-dev/poise/policies"
)

// events is a stream of server-sent events with a delay before each. Events
// that come faster than that wait in the upstream; a comment, which keeps the
// connection alive, passes at once unless an event is waiting before it.
type events struct {
	body    io.Reader
	delay   *policies.Delay
	ordeal  *ordeal
	gone    <-chan struct{}
	lines   eventLines
	buffer  [4 << 10]byte
	waiting []byte // read, not passed yet
	err     error  // of the body, told when all has passed
}

func newEvents(body io.Reader, delay *policies.Delay, o *ordeal, gone <-chan struct{}) *events {
	return &events{body: body, delay: delay, ordeal: o, gone: gone, lines: eventLines{fresh: true}}
}

// Read implements io.Reader. It returns at an event's begin, so that what came
// before does not wait with it.
func (e *events) Read(p []byte) (int, error) {
	for len(e.waiting) == 0 {
		if e.err != nil {
			return 0, e.err
		}
		if e.ordeal.lapsed() {
			return e.body.Read(p)
		}
		n, err := e.body.Read(e.buffer[:])
		e.waiting, e.err = e.buffer[:n], err
	}
	window := e.waiting[:min(len(p), len(e.waiting))]
	if !e.ordeal.lapsed() {
		n := e.lines.pass(window)
		if n == 0 && len(window) > 0 {
			if e.ordeal.wait(e.delay, e.gone) == waitLeft {
				return 0, ErrGone
			}
			e.lines.begin()
			n = e.lines.pass(window)
		}
		window = window[:n]
	}
	e.waiting = e.waiting[len(window):]
	return copy(p, window), nil
}

// eventLines follows the lines of a stream of server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream):
// lines end with CR, LF or both, and an event with an empty one.
type eventLines struct {
	fresh bool // at the start of a line
	cr    bool // the last byte was a CR
	event bool // within an event
}

// begin says that the event which begins here may pass.
func (l *eventLines) begin() { l.event = true }

// pass returns how many bytes come before the next event begins; 0: it begins
// here.
func (l *eventLines) pass(b []byte) int {
	for i, c := range b {
		switch {
		case c == '\n' && l.cr:
			l.cr = false
			continue
		case c == '\n' || c == '\r':
			l.event = l.event && !l.fresh
			l.fresh = true
		case l.fresh && c != ':' && !l.event:
			return i
		default:
			l.fresh = false
		}
		l.cr = c == '\r'
	}
	return len(b)
}
