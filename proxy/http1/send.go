package http1

import (
	"net"
	"time"

	"github.com/poise-dev/poise/proxy/wire"
)

// send sends the head, and the body or what has arrived of it. A body that is
// still arriving, and too large to wait for, is sent beside the answer.
func (x *exchange) send() error {
	body := x.request.Body
	if !body.Chunked && body.Length > int64(x.n-x.head) && x.small(body.Length) {
		if x.readBody(int(body.Length)) != nil {
			return errGone
		}
	}
	out := x.appendHead(x.server.pool.getSmall()[:0])
	defer func() { x.server.pool.put(out) }()
	if body.Chunked || body.Length > int64(x.n-x.head) {
		return x.sendBeside(out, body)
	}
	end := x.head + int(body.Length)
	err := x.sendTogether(out, x.buf[x.head:end])
	x.consume(end)
	x.head = 0
	return err
}

// small says whether a body is read whole before it is sent: when it fits, and
// the client does not wait to be asked for it.
func (x *exchange) small(length int64) bool {
	return length <= bigSize-int64(x.head) && x.request.Value(wire.Expect) == nil
}

// readBody reads until the body is whole.
func (x *exchange) readBody(length int) error {
	if whole := x.head + length; whole > len(x.buf) {
		if !x.grow() {
			return errGone
		}
		// The head was a view of the old buffer.
		if err := wire.ReadRequest(x.buf[:x.head], &x.request); err != nil {
			return err
		}
	}
	for x.n < x.head+length {
		n, err := x.client.Read(x.buf[x.n:])
		if err != nil {
			return err
		}
		x.n += n
		x.touch()
	}
	return nil
}

// sendTogether sends head and body in one call where they fit one buffer.
func (x *exchange) sendTogether(head, body []byte) error {
	if len(head)+len(body) <= cap(head) {
		_, err := x.up.Write(append(head, body...))
		return err
	}
	big := x.server.pool.getBig()
	defer x.server.pool.put(big)
	if len(head)+len(body) <= len(big) {
		_, err := x.up.Write(append(append(big[:0], head...), body...))
		return err
	}
	if _, err := x.up.Write(head); err != nil {
		return err
	}
	_, err := x.up.Write(body)
	return err
}

// sendBeside sends the head, and lets a goroutine send the body while the
// answer is awaited: it may come early, or the client may wait to be asked
// (Expect: 100-continue). The goroutine alone reads from the client until
// finishUpload.
func (x *exchange) sendBeside(head []byte, body wire.Body) error {
	if _, err := x.up.Write(head); err != nil {
		return err
	}
	x.consume(x.head)
	x.head = 0
	x.upload = make(chan error, 1)
	go func() { x.upload <- x.sendBody(body) }()
	return nil
}

// sendBody sends the body as it arrives. When it turns out not to be one, or the
// client leaves, the upstream's connection is closed, so that the request is
// never taken for whole.
func (x *exchange) sendBody(framing wire.Body) error {
	p := newPassing(framing, false)
	for {
		n, err := p.take(x.buf[:x.n], nil)
		if err != nil {
			_ = x.up.Close() // the body is malformed
			return err
		}
		if n > 0 {
			if _, err := x.up.Write(x.buf[:n]); err != nil {
				return err
			}
			x.consume(n)
			x.touch()
		}
		if p.done() {
			return nil
		}
		if x.n, err = x.client.Read(x.buf); err != nil {
			x.n = 0
			_ = x.up.Close() // there is no more of it
			return errGone
		}
	}
}

// finishUpload waits for the body to be sent, and says whether it was whole. An
// answer that came before the end of the body ends the upload.
func (x *exchange) finishUpload() (whole bool, err error) {
	if x.upload == nil {
		return true, nil
	}
	wait := time.NewTimer(uploadGrace)
	defer wait.Stop()
	select {
	case err = <-x.upload:
		return err == nil, err
	case <-wait.C:
	}
	_ = x.up.Close() // nobody reads the rest
	x.interrupt()
	<-x.upload //nolint:errcheck // that it was ended is known
	return false, nil
}

// uploadGrace is how long the end of an upload is waited for when the answer is
// there: the upstream may be quicker than the goroutine that sent it the last
// bytes.
const uploadGrace = 10 * time.Millisecond

// appendHead appends the request head as it leaves.
func (x *exchange) appendHead(to []byte) []byte {
	f := wire.Forward{Upgrade: x.request.Upgrade != nil && x.request.Has(wire.Connection, "upgrade") && !isH2C(&x.request)}
	var lines [256]byte
	add := lines[:0]
	if !x.server.o.Unforwarded {
		add = x.appendForwarded(add)
	}
	if tp := x.passage.Traceparent(); tp != "" {
		add = append(append(append(add, "traceparent: "...), tp...), "\r\n"...)
		f.Drop = isTraceparent
	}
	f.Add = add
	if x.request.Unchanged(&f) {
		return append(to, x.buf[:x.head]...)
	}
	return x.request.AppendRequest(to, &f)
}

func isTraceparent(name []byte) bool { return len(name) == 11 && equalFold(name, "traceparent") }

func isH2C(h *wire.Head) bool { return len(h.Upgrade) == 3 && equalFold(h.Upgrade, "h2c") }

// appendForwarded appends what a gateway tells: the peer, and the host and
// scheme where nobody in front of us told them, and itself (RFC 9110 section
// 7.6.3). A field that is there already gains a second line, which means the
// same as a longer list.
func (x *exchange) appendForwarded(to []byte) []byte {
	if x.forwarded == nil {
		x.forwarded = x.forwardedFor()
	}
	to = append(to, x.forwarded...)
	host, proto := false, false
	for i := range x.request.Fields {
		switch name := x.request.Fields[i].Name; len(name) {
		case 16:
			host = host || equalFold(name, "x-forwarded-host")
		case 17:
			proto = proto || equalFold(name, "x-forwarded-proto")
		}
	}
	if !host {
		if v := x.request.Value(wire.Host); len(v) > 0 && len(v) < 128 {
			to = append(append(append(to, "X-Forwarded-Host: "...), v...), "\r\n"...)
		}
	}
	if !proto {
		to = append(append(append(to, "X-Forwarded-Proto: "...), x.server.o.Scheme...), "\r\n"...)
	}
	if x.request.Minor == 0 {
		return append(to, "Via: 1.0 poise\r\n"...)
	}
	return append(to, "Via: 1.1 poise\r\n"...)
}

// forwardedFor returns the line every request of the connection gains.
func (c *conn) forwardedFor() []byte {
	host, _, err := net.SplitHostPort(c.client.RemoteAddr().String())
	if err != nil {
		return []byte{} // a unix socket has no peer address
	}
	return []byte("X-Forwarded-For: " + host + "\r\n")
}
