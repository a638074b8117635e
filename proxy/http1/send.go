package http1

import (
	"errors"
	"io"
	"time"

	"github.com/poise-dev/poise/proxy/wire"
)

// send sends the head, and the body or what has arrived of it. A body that is
// still arriving, and too large to wait for, is sent beside the answer.
func (x *exchange) send() error {
	body := x.request.Body
	if !body.Chunked && body.Length > int64(x.n-x.head) && x.small(body.Length) && !x.passage.Pending() {
		if x.readBody(int(body.Length)) != nil {
			return errGone
		}
	}
	length, err := x.arrived()
	if err != nil {
		return err
	}
	out := x.appendHead(x.server.pool.getSmall()[:0])
	defer func() { x.server.pool.put(out) }()
	if length < 0 || (x.passage.Pending() && length > 0) {
		return x.sendBeside(out, body)
	}
	end := x.head + length
	err = x.sendTogether(out, x.buf[x.head:end])
	x.consume(end)
	x.head = 0
	return err
}

// arrived returns the length of the body as it stands in the buffer, framing
// included, or -1 when it has not arrived whole. What has arrived of a chunked
// body must be one.
func (x *exchange) arrived() (int, error) {
	here := x.buf[x.head:x.n]
	if !x.request.Body.Chunked {
		if x.request.Body.Length > int64(len(here)) {
			return -1, nil
		}
		return int(x.request.Body.Length), nil
	}
	var chunks wire.Chunks
	n, err := chunks.Walk(here, nil)
	if err != nil {
		return 0, err
	}
	if !chunks.Done() {
		return -1, nil
	}
	return n, nil
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
		return x.askWhole(append(head, body...))
	}
	big := x.server.pool.getBig()
	defer x.server.pool.put(big)
	if len(head)+len(body) <= len(big) {
		return x.askWhole(append(append(big[:0], head...), body...))
	}
	if _, err := x.ask(head, nil); err != nil {
		return err
	}
	_, err := x.up.Write(body)
	return err
}

// askWhole sends a request and waits for the first bytes of its answer.
func (x *exchange) askWhole(request []byte) (err error) {
	x.in.buf = x.server.pool.getSmall()
	x.await()
	x.in.n, err = x.ask(request, x.in.buf)
	return err
}

// sendBeside sends the head, and lets a goroutine send the body while the
// answer is awaited: it may come early, or the client may wait to be asked
// (Expect: 100-continue). The goroutine alone reads from the client until
// finishUpload.
func (x *exchange) sendBeside(head []byte, body wire.Body) error {
	if _, err := x.ask(head, nil); err != nil {
		return err
	}
	x.consume(x.head)
	x.head = 0
	x.upload = make(chan error, 1)
	outgoing := &uploadBody{exchange: x, body: newPassing(body, false)}
	from := x.passage.Upload(outgoing)
	go func() { x.upload <- outgoing.send(from) }()
	return nil
}

// uploadBody is the body of a request as it arrives, its framing included.
type uploadBody struct {
	*exchange
	body passing
}

// send sends the body, which from yields as the fault lets it. When it turns out
// not to be one, or the client leaves, the upstream's connection is closed, so
// that the request is never taken for whole.
func (u *uploadBody) send(from io.Reader) error {
	b := u.server.pool.getSmall()
	defer u.server.pool.put(b)
	for {
		n, err := from.Read(b)
		if n > 0 {
			if _, err := u.up.Write(b[:n]); err != nil {
				return err
			}
			u.touch()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			_ = u.up.Close() // there is no more of it
			return err
		}
	}
}

// Read implements io.Reader.
func (u *uploadBody) Read(to []byte) (int, error) {
	for {
		if u.body.done() {
			return 0, io.EOF
		}
		if u.n > 0 {
			n, err := u.body.take(u.buf[:min(u.n, len(to))], nil)
			copy(to, u.buf[:n])
			u.consume(n)
			if n > 0 || err != nil {
				return n, err
			}
			continue
		}
		n, err := u.client.Read(u.buf)
		if err != nil {
			return 0, errGone
		}
		u.n = n
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
