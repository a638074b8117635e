package http1

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// socket is one connection, with the calls this package makes on it. One
// goroutine reads and one writes at a time.
type socket struct {
	net.Conn
	raw syscall.RawConn // nil: net.Conn's own Read and Write
	tcp *net.TCPConn    // nil: not TCP, or under TLS

	read  call
	write call
	query query
	from  *pool // of the buffer that readIdle takes
	idle  func(fd uintptr) bool
	look  func(fd uintptr)
	seen  peeked // by look
	used  bool   // it has carried an answer before
	// due is when the sweep closes the connection, in seconds of its clock; 0:
	// never.
	due      atomic.Int64
	endedFor time.Duration // since its other end said that it was all
	// late is set by the sweep before it closes.
	late atomic.Bool
}

// underneath returns the connection that c only wraps; TLS is no mere wrapping.
func underneath(c net.Conn) net.Conn {
	for {
		if _, changes := c.(*tls.Conn); changes {
			return c
		}
		w, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = w.NetConn()
	}
}

// call is a system call under way, and what became of it. Its func is made once,
// so that a call does not allocate.
type call struct {
	b    []byte
	n    int
	err  error
	step func(fd uintptr) bool
}

// newSocket prepares a connection. One that only wraps another, and changes no
// bytes, is read and written underneath.
func newSocket(c net.Conn) *socket {
	s := &socket{Conn: c}
	under := underneath(c)
	s.tcp, _ = under.(*net.TCPConn)
	if sc, ok := under.(syscall.Conn); ok && rawCalls {
		if raw, err := sc.SyscallConn(); err == nil {
			s.raw = raw
			s.read.step, s.write.step, s.idle, s.query.step = s.stepRead, s.stepWrite, s.stepIdle, s.stepAsk
			s.look = func(fd uintptr) { s.seen = rawPeek(fd) }
		}
	}
	return s
}

// Read reads what there is, waiting for the first byte.
func (s *socket) Read(b []byte) (int, error) {
	if s.raw == nil {
		return s.Conn.Read(b)
	}
	s.read.b = b
	err := s.raw.Read(s.read.step)
	s.read.b = nil
	if err != nil {
		return 0, err
	}
	return s.read.n, s.read.err
}

// stepRead makes one call; false means: not yet.
func (s *socket) stepRead(fd uintptr) bool {
	n, again, err := rawRead(fd, s.read.b)
	if again {
		return false
	}
	s.read.n, s.read.err = n, err
	if n == 0 && err == nil {
		s.read.err = io.EOF
	}
	return true
}

// Write writes all of b.
func (s *socket) Write(b []byte) (int, error) {
	if s.raw == nil {
		return s.Conn.Write(b)
	}
	s.write.b, s.write.n, s.write.err = b, 0, nil
	err := s.raw.Write(s.write.step)
	s.write.b = nil
	return s.write.n, errors.Join(err, s.write.err)
}

func (s *socket) stepWrite(fd uintptr) bool {
	w := &s.write
	for len(w.b) > 0 {
		n, again, err := rawWrite(fd, w.b)
		if again {
			return false
		}
		if err != nil {
			w.err = err
			return true
		}
		w.n += n
		w.b = w.b[n:]
	}
	return true
}

// readIdle waits for the first bytes of a message with no buffer in hand: it
// takes one from the pool when there is something to put into it.
func (s *socket) readIdle(from *pool) (b []byte, n int, err error) {
	if s.raw == nil {
		b = from.getSmall()
		n, err = s.Conn.Read(b)
		return b, n, err
	}
	s.from = from
	if err := s.raw.Read(s.idle); err != nil {
		return nil, 0, err
	}
	b, s.read.b = s.read.b, nil
	return b, s.read.n, s.read.err
}

// stepIdle makes one call, and gives the buffer back when it is too early.
func (s *socket) stepIdle(fd uintptr) bool {
	s.read.b = s.from.getSmall()
	done := s.stepRead(fd)
	if !done {
		s.from.put(s.read.b)
		s.read.b = nil
	}
	return done
}

// peeked is what a socket has to say.
type peeked uint8

const (
	quiet   peeked = iota // nothing so far, or it cannot be known
	talking               // bytes
	ended                 // that its other end will send no more
	broken                // that there is no other end
)

// peek looks at what the socket has to say, without waiting or taking it. It is
// not for two goroutines at a time.
func (s *socket) peek() peeked {
	if s.raw == nil {
		return quiet
	}
	s.seen = broken
	if s.raw.Control(s.look) != nil {
		return broken
	}
	return s.seen
}

// givenUp says whether to give the other end up: it has broken the connection off,
// or has ended its side and not been answered for a while. It is for the sweep,
// which looks once a second, beside everything else.
func (s *socket) givenUp(patience time.Duration) bool {
	seen := s.glance()
	if seen != ended {
		s.endedFor = 0
		return seen == broken
	}
	s.endedFor += sweepEvery
	return s.endedFor > patience
}

// abort ends the connection with a reset, where it can.
func (s *socket) abort() {
	bottom := s.Conn
	for {
		w, ok := bottom.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		bottom = w.NetConn()
	}
	if tcp, ok := bottom.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
		_ = tcp.Close() // which sends it, and nothing of TLS before
	}
}

// CloseWrite says that nothing more will be sent.
func (s *socket) CloseWrite() error {
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
