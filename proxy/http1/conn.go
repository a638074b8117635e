package http1

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/poise-dev/poise/proxy/wire"
)

// conn is one client connection.
type conn struct {
	server   *Server
	client   *socket
	peer     netip.Addr
	gains    gained            // of the request under way
	drop     func([]byte) bool // isReplaced, made once
	peerText []byte            // the same in words; nil: not written yet

	// buf holds what was read from the client and not yet used up: in[:n]. It is
	// nil while the connection is idle.
	buf []byte
	n   int

	request wire.Head
	isHead  bool // the request's method is HEAD; its bytes are gone by the answer
	view    view

	upstream atomic.Pointer[socket] // of that exchange, for the sweep
	idle     atomic.Bool
	awaiting atomic.Bool // an answer, of which nothing has come
}

// newConn takes a connection over.
func newConn(s *Server, c net.Conn, client Client) *conn {
	conn := &conn{server: s, client: newSocket(c)}
	if len(client.Early) > 0 {
		conn.buf = s.pool.getSmall()
		conn.n = copy(conn.buf, client.Early)
	}
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		conn.peer = tcp.AddrPort().Addr().Unmap()
	}
	conn.view.init(conn)
	conn.drop = conn.isReplaced
	conn.view.request.Identities = client.Identities
	return conn
}

// cut ends the connection, whatever it is doing.
func (c *conn) cut() {
	_ = c.client.Close() // whoever reads or writes is told
	if up := c.upstream.Load(); up != nil {
		_ = up.Close() // likewise
	}
}

// serve carries requests one after the other.
func (c *conn) serve() {
	defer func() {
		c.server.pool.put(c.buf)
		_ = c.client.Close() // it is over either way
	}()
	for {
		head, err := c.readHead()
		if err != nil {
			c.refuse(err)
			return
		}
		if !c.carry(head) {
			return
		}
		if c.n == 0 {
			c.server.pool.put(c.buf)
			c.buf = nil
		}
	}
}

// readHead reads until a request head is whole, and returns its length.
func (c *conn) readHead() (head int, err error) {
	if c.n == 0 {
		if err := c.awaitRequest(); err != nil {
			return 0, err
		}
	}
	c.server.sweep.limit(c.client, c.server.o.HeadTimeout)
	blanks := 0
	for from := 0; ; {
		if blank := wire.Blank(c.buf[:c.n]); blank > 0 {
			if blanks += blank; blanks > maxBlank {
				return 0, &wire.Error{Status: 400, Why: "there are empty lines in place of a request"}
			}
			c.consume(blank)
			from = 0
		}
		if head := wire.End(c.buf[:c.n], from); head > 0 {
			return head, nil
		}
		if err := wire.Early(c.buf[:c.n], from); err != nil {
			return 0, err
		}
		from = c.n
		if c.n == len(c.buf) && !c.grow() {
			return 0, wire.Overlong(c.buf)
		}
		n, err := c.client.Read(c.buf[c.n:])
		if err != nil {
			return 0, err
		}
		c.n += n
	}
}

// maxBlank is how many bytes of empty lines may stand before a request.
const maxBlank = 8

// awaitRequest waits for the first bytes of a request.
func (c *conn) awaitRequest() (err error) {
	if c.server.draining.Load() {
		return io.EOF
	}
	c.server.sweep.limit(c.client, c.server.o.IdleTimeout)
	c.idle.Store(true)
	defer c.idle.Store(false)
	if c.buf != nil {
		c.n, err = c.client.Read(c.buf)
		return err
	}
	c.buf, c.n, err = c.client.readIdle(&c.server.pool)
	return err
}

// grow moves what was read to a big buffer, and says whether it could.
func (c *conn) grow() bool {
	if len(c.buf) >= bigSize {
		return false
	}
	big := c.server.pool.getBig()
	copy(big, c.buf[:c.n])
	c.server.pool.put(c.buf)
	c.buf = big
	return true
}

// consume forgets the first n bytes that were read.
func (c *conn) consume(n int) {
	c.n = copy(c.buf, c.buf[n:c.n])
}

// refuse answers a request that cannot be read, where there is somebody to
// answer, and says goodbye.
func (c *conn) refuse(err error) {
	var refusal *wire.Error
	if !errors.As(err, &refusal) {
		if !c.client.late.Load() || c.n == 0 {
			return // it ended, or was idle for too long
		}
		return
	}
	c.answer(refusal.Status, "", nil, true)
	c.linger()
}

// carry serves the request whose head is the first bytes that were read, and
// says whether the connection can go on.
func (c *conn) carry(head int) (again bool) {
	c.server.sweep.limit(c.client, c.server.o.StallTimeout)
	if err := wire.ReadRequest(c.buf[:head], &c.request); err != nil {
		c.refuse(err)
		return false
	}
	c.isHead = string(c.request.Method) == "HEAD"
	if status := c.answeredHere(); status != 0 {
		c.answer(status, "", nil, true)
		c.linger()
		return false
	}
	c.view.fill(&c.request)
	line := c.describe()
	p := c.server.o.Lane.Enter(&c.view.request)
	x := c.server.exchange()
	x.conn, x.passage, x.head = c, p, head
	defer func() {
		failure := recover()
		if failure != nil {
			// One request has failed, for reasons of ours; the others go on.
			c.server.o.Log.Error("a request failed", "listener", c.server.o.Lane.Name(), "panic", failure, "stack", string(debug.Stack()))
			c.cut()
			again = false
		}
		c.tell(line, p, x.outcome)
		p.Leave(x.outcome)
		if failure == nil { // otherwise a goroutine may still use it
			x.end()
		}
	}()
	return x.run()
}

// answeredHere returns the status of what a gateway must not forward: CONNECT
// (RFC 9110 section 9.3.6), and TRACE and OPTIONS that may go no further
// (section 7.6.2); 0: forward it.
func (c *conn) answeredHere() int {
	switch string(c.request.Method) {
	case "CONNECT":
		return 405
	case "TRACE", "OPTIONS":
		if string(c.request.Value(wire.MaxForwards)) == "0" {
			return 200
		}
	}
	return 0
}

// answer sends an answer of our own.
func (c *conn) answer(status int, fields string, body []byte, last bool) {
	b := c.server.pool.getSmall()[:0]
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	b = append(b, "\r\n"...)
	b = append(b, fields...)
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	if last {
		b = append(b, "\r\nConnection: close"...)
	}
	b = append(b, "\r\n\r\n"...)
	if !c.isHead {
		b = append(b, body...)
	}
	_, _ = c.client.Write(b) // who has left needs no answer
	c.server.pool.put(b)
}

// Bounds of waiting for a caller to stop sending.
const (
	lingerQuiet = time.Second
	lingerTime  = 10 * time.Second
	lingerBytes = 64 << 20
)

// linger ends our side and reads what the caller still sends, within bounds:
// closing with unread bytes would turn the answer into a reset, which a caller
// that is still sending a long body would see in place of it.
func (c *conn) linger() {
	if c.client.tcp == nil || c.client.tcp.CloseWrite() != nil {
		return
	}
	scrap := c.server.pool.getSmall()
	defer c.server.pool.put(scrap)
	end := time.Now().Add(lingerTime)
	for read := 0; read < lingerBytes && !c.server.draining.Load(); {
		until := time.Now().Add(lingerQuiet)
		if until.After(end) {
			until = end
		}
		if c.client.SetReadDeadline(until) != nil {
			return
		}
		n, err := c.client.Read(scrap)
		if err != nil {
			return
		}
		read += n
	}
}

// isGRPC says whether the message is gRPC.
func isGRPC(h *wire.Head) bool {
	const kind = "application/grpc"
	v := h.Value(wire.ContentType)
	return len(v) >= len(kind) && string(v[:len(kind)]) == kind && (len(v) == len(kind) || v[len(kind)] == '+' || v[len(kind)] == ';')
}
