package http1

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/wire"
)

// errFaulted says that the fault has something to say in place of the answer:
// exchange.faulted.
var errFaulted = errors.New("the fault answers")

// finalFaulted is final for a request whose fault has more to say once the
// upstream was called. The upstream's connection is not used again.
func (x *exchange) finalFaulted(in *inbound, head int) error {
	gone, stop := x.server.vigil.watch(x.client)
	defer stop()
	action := x.passage.Respond(fault.Head{
		Status: x.answered.Status, Fields: fieldsOf{&x.answered}, Length: x.answered.Body.Length,
	}, gone)
	if action.Do != fault.Forward {
		x.faulted = action
		return errFaulted
	}
	x.body = newPassing(x.answered.Body, x.request.Minor == 0)
	payload := &answerBody{exchange: x, in: in, fresh: in.buf[head:in.n]}
	var body io.Reader = payload
	if action.Edit != nil {
		body = x.edit(action.Edit, body)
	}
	body = x.passage.Download(body)
	if body == io.Reader(payload) {
		// Nothing happens to the body: it goes on as it comes, trailers and all.
		if _, err := x.first(in, head); err != nil {
			return err
		}
		err := x.rest(in)
		x.outcome.Latency = x.passage.Elapsed()
		return err
	}
	f := x.forwardAnswer()
	x.sent = true
	out := x.answered.AppendResponse(x.server.pool.getSmall()[:0], &f)
	_, err := x.client.Write(out)
	x.server.pool.put(out)
	if err != nil {
		return errGone
	}
	if x.answered.Bodiless(x.method()) {
		return nil
	}
	err = x.deliver(body)
	x.outcome.Latency = x.passage.Elapsed()
	return err
}

// deliver sends a body the fault has touched, in chunks where it came in chunks.
// Trailers are left out: they may describe what is not there any more.
func (x *exchange) deliver(body io.Reader) error {
	chunked := x.body.framing.Chunked && !x.body.plain
	b := x.server.pool.getSmall()
	defer x.server.pool.put(b)
	for {
		n, err := body.Read(b)
		if n > 0 {
			if err := x.deliverPart(b[:n], chunked); err != nil {
				return err
			}
			x.touch()
		}
		switch {
		case errors.Is(err, io.EOF) && chunked:
			_, err := x.client.Write([]byte("0\r\n\r\n"))
			return gone(err)
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, fault.ErrGone):
			return errGone
		case err != nil:
			return err
		}
	}
}

func (x *exchange) deliverPart(b []byte, chunked bool) error {
	if !chunked {
		_, err := x.client.Write(b)
		return gone(err)
	}
	out := strconv.AppendInt(x.server.pool.getBig()[:0], int64(len(b)), 16)
	out = append(out, "\r\n"...)
	out = append(append(out, b...), "\r\n"...)
	_, err := x.client.Write(out)
	x.server.pool.put(out)
	return gone(err)
}

// answerBody is the upstream's body without its chunks.
type answerBody struct {
	*exchange
	in    *inbound
	fresh []byte // read, and not looked at yet
	data  []byte // looked at, and not given out yet
}

// Read implements io.Reader.
func (a *answerBody) Read(to []byte) (int, error) {
	for len(a.data) == 0 {
		if a.body.done() {
			return 0, io.EOF
		}
		if len(a.fresh) == 0 {
			n, err := a.up.Read(a.in.buf)
			if err != nil {
				if err := a.body.eof(err); err != nil {
					return 0, err
				}
				continue
			}
			a.fresh = a.in.buf[:n]
		}
		if err := a.look(); err != nil {
			return 0, err
		}
	}
	n := copy(to, a.data)
	a.data = a.data[n:]
	return n, nil
}

// look takes the data out of what was read.
func (a *answerBody) look() error {
	if !a.body.framing.Chunked {
		n, err := a.body.take(a.fresh, nil)
		a.data, a.fresh = a.fresh[:n], nil
		return err
	}
	var pieces [][]byte
	_, err := a.body.chunks.Walk(a.fresh, func(b []byte) { pieces = append(pieces, b) })
	a.fresh = nil
	if err != nil {
		return err
	}
	a.data = bytes.Join(pieces, nil)
	return nil
}

// edit changes the answer as the fault says, and returns its body.
func (x *exchange) edit(e *fault.Edit, body io.Reader) io.Reader {
	if e.Status != 0 {
		x.answered.Status = e.Status
		x.answered.Start = []byte("HTTP/1.1 " + strconv.Itoa(e.Status) + " " + http.StatusText(e.Status))
	}
	drop := e.Remove
	for _, f := range e.Set {
		drop = append(drop, f.Name)
	}
	add := append(append([]fault.Field(nil), e.Set...), e.Add...)
	if e.Body != nil {
		drop = append(drop, "Content-Length", "Transfer-Encoding")
		length := strconv.Itoa(len(*e.Body))
		if !x.answered.Bodiless(nil) {
			add = append(add, fault.Field{Name: "Content-Length", Value: length})
		}
		x.answered.Body = wire.Body{Length: int64(len(*e.Body))}
		x.body = newPassing(x.answered.Body, false)
		body = strings.NewReader(*e.Body)
	}
	kept := x.answered.Fields[:0]
	for _, f := range x.answered.Fields {
		if !oneOf(f.Name, drop) {
			kept = append(kept, f)
		}
	}
	x.answered.Fields = kept
	x.added = lines(add)
	return body
}

func oneOf(name []byte, names []string) bool {
	for _, n := range names {
		if len(n) == len(name) && equalFold(name, n) {
			return true
		}
	}
	return false
}

// lines writes fields as they stand in a head.
func lines(fields []fault.Field) (all []byte) {
	for _, f := range fields {
		all = append(append(append(append(all, f.Name...), ": "...), f.Value...), "\r\n"...)
	}
	return all
}

// fieldsOf shows the fields of an answer to the engine.
type fieldsOf struct{ head *wire.Head }

// Field implements [policies.Fields].
func (f fieldsOf) Field(name string, i int) (string, bool) { return field(f.head, name, i) }
