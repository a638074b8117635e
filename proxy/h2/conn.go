package h2

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Preface is what a caller who speaks HTTP/2 sends first (RFC 9113 section 3.4).
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Bounds of a connection.
const (
	// resetsPerSecond is how many streams a caller may reset in a second, over
	// time, and resetBurst how many at once: more than callers with deadlines do,
	// far less than an attack.
	resetsPerSecond = 500
	resetBurst      = 2000
	// maxBlock is about how much of a header block is looked at, in bytes: more
	// than a listener takes.
	maxBlock = 128 << 10
)

// ErrResets ends a connection whose caller resets streams without end.
var ErrResets = errors.New("the caller resets one stream after another")

// Conn is the server's side of a connection. Reads and writes pass as they are,
// but for what the package says.
type Conn struct {
	net.Conn

	// Read by one goroutine.
	in     frames
	opened int    // bytes of the preface that came
	block  []byte // header block that is not complete yet
	resets resets
	cut    func() // told when the caller has gone too far

	// Written by one goroutine.
	out    frames
	ending bool // the frame at hand ends its stream

	malformed sync.Map     // uint32 → struct{}: streams that will be reset
	pending   atomic.Int32 // how many there are
}

// Guard returns c with a watch over it. Nothing has been read from c yet. cut is
// called when the connection is ended by [ErrResets].
func Guard(c net.Conn, cut func()) *Conn {
	return &Conn{Conn: c, in: frames{skip: len(Preface)}, cut: cut}
}

// NetConn returns the connection underneath.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// Read implements net.Conn. It ends where the caller does not begin as HTTP/2
// does, and fails with ErrResets when the caller has gone too far.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.opened < len(Preface) {
		begin := string(b[:min(n, len(Preface)-c.opened)])
		if Preface[c.opened:c.opened+len(begin)] != begin {
			return 0, io.EOF
		}
		c.opened += len(begin)
	}
	for rest := b[:n]; len(rest) > 0; {
		var payload []byte
		var complete bool
		payload, rest, complete = c.in.next(rest)
		if !c.see(payload, complete) {
			c.cut()
			return 0, ErrResets
		}
	}
	return n, err
}

// see looks at what came, and says whether the connection may go on.
func (c *Conn) see(payload []byte, complete bool) bool {
	switch h := c.in.head; h.kind {
	case frameHeaders, frameContinuation:
		if len(c.block) < maxBlock {
			c.block = append(c.block, payload...)
		}
		if complete {
			c.seeFields(h)
		}
	case frameReset:
		if complete {
			c.forget(h.stream)
			return c.resets.allow(time.Now())
		}
	}
	return true
}

// seeFields looks at header fields when a frame of them is complete.
func (c *Conn) seeFields(h head) {
	if h.kind == frameHeaders {
		c.block = unpad(c.block, h)
	}
	if !h.has(flagEndHeaders) {
		return
	}
	if !wellFormed(c.block) {
		c.malformed.Store(h.stream, struct{}{})
		c.pending.Add(1)
	}
	c.block = c.block[:0]
}

// forget takes a stream off the list, and says whether it was on it.
func (c *Conn) forget(stream uint32) bool {
	_, found := c.malformed.LoadAndDelete(stream)
	if found {
		c.pending.Add(-1)
	}
	return found
}

// unpad takes padding and priority off the payload of a HEADERS frame (RFC 9113
// section 6.2). What makes no sense is left to the decoder.
func unpad(block []byte, h head) []byte {
	var padding int
	if h.has(flagPadded) && len(block) > 0 {
		padding, block = int(block[0]), block[1:]
	}
	if h.has(flagPriority) && len(block) >= 5 {
		block = block[5:]
	}
	return block[:max(len(block)-padding, 0)]
}

// Write implements net.Conn.
func (c *Conn) Write(b []byte) (int, error) {
	ends := c.ends(b)
	if len(ends) == 0 {
		return c.Conn.Write(b)
	}
	var out []byte
	var done int
	for _, e := range ends {
		out = append(out, b[done:e.at]...)
		out = appendReset(out, e.stream, codeProtocol)
		done = e.at
	}
	if _, err := c.Conn.Write(append(out, b[done:]...)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// end is the place in written bytes where a stream ends.
type end struct {
	at     int
	stream uint32
}

// ends returns where in b malformed streams end.
func (c *Conn) ends(b []byte) (ends []end) {
	for rest := b; len(rest) > 0; {
		var complete bool
		_, rest, complete = c.out.next(rest)
		if complete && c.pending.Load() > 0 && c.over(c.out.head) {
			ends = append(ends, end{len(b) - len(rest), c.out.head.stream})
		}
	}
	return ends
}

// over says whether a malformed stream ends with a frame that was written, and
// is not reset already.
func (c *Conn) over(h head) bool {
	switch h.kind {
	case frameData, frameHeaders:
		c.ending = h.has(flagEndStream)
	case frameContinuation:
	case frameReset:
		c.forget(h.stream)
		return false
	default:
		return false
	}
	return c.ending && (h.kind == frameData || h.has(flagEndHeaders)) && c.forget(h.stream)
}

// resets bounds how often streams are reset: a bucket that leaks.
type resets struct {
	level float64
	at    time.Time
}

// allow counts one reset, and says whether it is still within bounds.
func (r *resets) allow(now time.Time) bool {
	if !r.at.IsZero() {
		r.level = max(0, r.level-now.Sub(r.at).Seconds()*resetsPerSecond)
	}
	r.at = now
	r.level++
	return r.level <= resetBurst
}
