package http1

import (
	"errors"
	"io"
)

// errStale says that a kept connection has ended, or says something nobody asked
// for: nothing was sent, and it must not be used again.
var errStale = errors.New("the connection has ended")

// query is a message under way, and what comes back.
type query struct {
	message, into []byte
	sent, got     int
	err           error
	asked         bool
	step          func(fd uintptr) bool
}

// ask sends a message and, where into is not nil, waits for the first bytes that
// come back. A connection that was kept is looked at before. Got may be 0 and
// sent short of the message with no error: the caller does the rest by Write and
// Read.
//
// All of it happens in one wait for the socket to become readable, which begins
// before the message is sent. So the answer cannot be missed, and is not looked
// for before it is there: a Write and a Read would cost one more system call.
func (s *socket) ask(message, into []byte) (sent, got int, err error) {
	if s.raw == nil {
		sent, err = s.Conn.Write(message)
		return sent, 0, err
	}
	q := &s.query
	q.message, q.into, q.sent, q.got, q.err, q.asked = message, into, 0, 0, nil, false
	err = s.raw.Read(q.step)
	q.message, q.into = nil, nil
	if err == nil {
		err = q.err
	}
	return q.sent, q.got, err
}

// stepAsk sends at the first call, and reads at those that follow; false means:
// not yet.
func (s *socket) stepAsk(fd uintptr) (done bool) {
	q := &s.query
	if q.asked {
		n, again, err := rawRead(fd, q.into)
		if n == 0 && !again && err == nil {
			err = io.EOF
		}
		q.got, q.err = n, err
		return !again
	}
	q.asked = true
	if s.used && rawPeek(fd) != quiet {
		q.err = errStale
		return true
	}
	// What a full socket does not take (again) is for the caller to send.
	q.sent, _, q.err = rawWrite(fd, q.message)
	return q.err != nil || q.sent < len(q.message) || q.into == nil || !s.used
}
