package fault

import (
	"io"

	"github.com/poise-dev/poise/policies"
)

// messages is one direction of a websocket on which each message may be delayed,
// and every n-th is dropped, whole. Control frames pass, also those amid a
// message that is dropped.
type messages struct {
	frames
	delay   *policies.Delay // before each message; nil: none
	drop    int             // every n-th; 0: none
	count   int
	dropped bool // the message being read is
	hidden  bool // the frame being read is
	ordeal  *ordeal
	gone    <-chan struct{}
}

// next takes some bytes, and returns how many, and what passes of them. It waits
// before a message, so what came before must have been passed on.
func (m *messages) next(b []byte) (n int, pass []byte, _ error) {
	n, head := m.follow(b)
	switch {
	case head:
		if m.begins() {
			if err := m.begin(); err != nil {
				return n, nil, err
			}
		}
		m.hidden = m.dropped && !m.control()
		if m.ends() {
			m.dropped = false
		}
		pass = m.head[:m.have]
	case m.have == m.headLength():
		pass = b[:n] // of a payload
	}
	if m.hidden {
		pass = nil
	}
	return n, pass, nil
}

// begin waits before a message, and decides whether it is dropped.
func (m *messages) begin() error {
	if m.ordeal.lapsed() {
		return nil
	}
	if m.delay != nil && m.ordeal.wait(m.delay, m.gone) == waitLeft {
		return ErrGone
	}
	if m.count++; m.drop > 0 && m.count%m.drop == 0 && !m.ordeal.lapsed() {
		m.dropped = true
		m.ordeal.apply(kindWebSocket)
	}
	return nil
}

// messageWriter is messages that are written.
type messageWriter struct {
	messages
	to io.Writer
}

// Write implements io.Writer.
func (w *messageWriter) Write(p []byte) (written int, _ error) {
	for written < len(p) {
		n, pass, err := w.next(p[written:])
		written += n
		if err == nil && len(pass) > 0 {
			_, err = w.to.Write(pass)
		}
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// messageReader is messages that are read.
type messageReader struct {
	messages
	from    io.Reader
	buffer  [4 << 10]byte
	waiting []byte // read, not looked at yet
	passing []byte // looked at, not passed yet
	err     error  // of the connection, told when all has passed
}

// Read implements io.Reader.
func (r *messageReader) Read(p []byte) (int, error) {
	for len(r.passing) == 0 {
		if len(r.waiting) == 0 {
			if r.err != nil {
				return 0, r.err
			}
			n, err := r.from.Read(r.buffer[:])
			r.waiting, r.err = r.buffer[:n], err
			if n == 0 && err != nil {
				r.passing, r.have = r.rest(), 0
			}
			continue
		}
		n, pass, err := r.next(r.waiting)
		if err != nil {
			return 0, err
		}
		r.waiting, r.passing = r.waiting[n:], pass
	}
	n := copy(p, r.passing)
	r.passing = r.passing[n:]
	return n, nil
}

// idle says whether all that was read has passed, up to the end of a frame.
func (r *messageReader) idle() bool {
	return r.between() && len(r.passing) == 0 && len(r.waiting) == 0
}
