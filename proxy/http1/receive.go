package http1

import (
	"io"
	"strconv"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/wire"
)

// receive reads the answer and sends it to the client. Quiet says that the
// upstream's connection is at rest and may be used again.
func (x *exchange) receive() (quiet bool, err error) {
	in := &x.in
	if in.buf == nil {
		in.buf = x.server.pool.getSmall()
	}
	for {
		head, err := x.readAnswerHead(in)
		if err != nil {
			return false, err
		}
		if err := wire.ReadResponse(in.buf[:head], x.method(), &x.answered); err != nil {
			return false, err
		}
		if s := x.answered.Status; s >= 200 || s == 101 {
			return x.final(in, head)
		}
		if err := x.informational(); err != nil {
			return false, err
		}
		in.n = copy(in.buf, in.buf[head:in.n])
	}
}

// inbound is what was read of an answer: buf[:n].
type inbound struct {
	buf []byte
	n   int
}

// readAnswerHead reads until the head of an answer is whole.
func (x *exchange) readAnswerHead(in *inbound) (head int, err error) {
	for from := 0; ; {
		if head := wire.End(in.buf[:in.n], from); head > 0 {
			return head, nil
		}
		from = in.n
		if in.n == len(in.buf) {
			if len(in.buf) >= bigSize {
				return 0, &wire.Error{Status: 502, Why: "the head of the answer is too large"}
			}
			big := x.server.pool.getBig()
			copy(big, in.buf)
			x.server.pool.put(in.buf)
			in.buf = big
		}
		n, err := x.up.Read(in.buf[in.n:])
		if err != nil {
			return 0, err
		}
		in.n += n
	}
}

// informational passes a 1xx on, but not to HTTP/1.0 (RFC 9110 section 15.2).
func (x *exchange) informational() error {
	if x.request.Minor == 0 {
		return nil
	}
	out := x.answered.AppendResponse(x.server.pool.getSmall()[:0], &wire.Forward{})
	_, err := x.client.Write(out)
	x.server.pool.put(out)
	return gone(err)
}

// final sends the final answer: its head with what has arrived of its body, and
// then the rest.
func (x *exchange) final(in *inbound, head int) (quiet bool, err error) {
	x.outcome.Status, x.outcome.Latency = x.answered.Status, x.passage.Elapsed()
	if isGRPC(&x.answered) {
		x.outcome.GRPC, x.outcome.GRPCStatus = true, grpcStatus(&x.answered)
	}
	if x.answered.Status == 101 {
		x.awaiting.Store(false)
		return false, x.tunnel(in.buf[head:in.n])
	}
	x.touch()
	stream := isEventStream(&x.answered)
	x.awaiting.Store(stream) // the next event is awaited as the answer was
	if stream {
		x.server.sweep.unlimited(x.client)
		x.server.sweep.unlimited(x.up)
		x.passage.Streaming()
	}
	if x.passage.Pending() {
		return false, x.finalFaulted(in, head)
	}
	early := x.outcome.Latency > prompt && x.client.peek() == ended
	x.body = newPassing(x.answered.Body, x.request.Minor == 0)
	extra, err := x.first(in, head)
	if err == nil {
		err = x.rest(in)
	}
	if !stream {
		x.outcome.Latency = x.passage.Elapsed()
	}
	if err == nil && early && x.hasLeft() {
		err = errGone
	}
	return err == nil && !extra && !x.answered.Close, err
}

// prompt is how soon an answer comes too soon for anybody to have left: then the
// client is not looked at.
const prompt = 5 * time.Millisecond

// leftAfter is how long a client is looked at who had said all before the
// answer came.
const leftAfter = 20 * time.Millisecond

// hasLeft says whether a client that had ended its side of the connection before
// the answer came has left altogether. One that only has no more to ask takes
// the answer; one that is not there any more refuses it, by a reset.
func (x *exchange) hasLeft() bool {
	timer := time.NewTimer(leftAfter)
	defer timer.Stop()
	<-timer.C
	return x.client.peek() == broken
}

// first sends the head of the answer and what has arrived of its body, in one
// call where they fit. Extra says that more arrived than belongs to it.
func (x *exchange) first(in *inbound, head int) (extra bool, err error) {
	var plain []byte
	part := in.buf[head:in.n]
	n, err := x.body.take(part, func(b []byte) { plain = append(plain, b...) })
	if err != nil {
		return false, err
	}
	extra = n < len(part)
	f := x.forwardAnswer()
	x.sent = true
	if x.answered.Unchanged(&f) {
		_, err := x.client.Write(in.buf[:head+n])
		return extra, gone(err)
	}
	part = part[:n]
	if x.body.plain {
		part = plain
	}
	out := x.answered.AppendResponse(x.server.pool.getSmall()[:0], &f)
	defer func() { x.server.pool.put(out) }()
	if len(out)+len(part) <= smallSize {
		out = append(out, part...)
		part = nil
	}
	if _, err := x.client.Write(out); err != nil || len(part) == 0 {
		return extra, gone(err)
	}
	_, err = x.client.Write(part)
	return extra, gone(err)
}

// forwardAnswer says how the head of the answer changes on its way.
func (x *exchange) forwardAnswer() wire.Forward {
	f := wire.Forward{Plain: x.request.Minor == 0, Close: x.last()}
	if !f.Close && x.request.Minor == 0 {
		f.Add = []byte("Connection: keep-alive\r\n")
	}
	f.Add = append(f.Add, x.added...)
	if marks := x.passage.Marks(); marks != nil {
		f.Add = append(f.Add, lines(marks)...)
	}
	return f
}

// spliceFrom is how much of a body must be left for it to go from socket to
// socket without passing through our memory: below, setting up the pipe costs
// more than the copies. spliceStep is after how much the time limit is renewed.
const (
	spliceFrom = 128 << 10
	spliceStep = 4 << 20
)

// rest sends the rest of the body as it arrives.
func (x *exchange) rest(in *inbound) error {
	for !x.body.done() {
		if x.client.due.Load() != 0 {
			x.touch()
		}
		if x.spliceable() {
			n, err := io.CopyN(x.client.tcp, x.up.tcp, min(x.body.left, spliceStep))
			x.body.left -= n
			if err != nil {
				return x.body.eof(err)
			}
			continue
		}
		n, err := x.up.Read(in.buf)
		if err != nil {
			if err := x.body.eof(err); err != nil {
				return err
			}
			continue
		}
		if err := x.pass(in.buf[:n]); err != nil {
			return err
		}
	}
	return nil
}

// spliceable says whether the rest of the body is long, of known length, and
// between two plain TCP connections.
func (x *exchange) spliceable() bool {
	return !x.body.framing.Chunked && x.body.left >= spliceFrom && x.client.tcp != nil && x.up.tcp != nil
}

// pass sends a part of the body.
func (x *exchange) pass(b []byte) error {
	var failed error
	n, err := x.body.take(b, func(piece []byte) {
		if failed == nil {
			_, failed = x.client.Write(piece)
		}
	})
	if err != nil {
		return err
	}
	if !x.body.plain {
		_, failed = x.client.Write(b[:n])
	}
	if failed != nil {
		return errGone
	}
	if n < len(b) {
		x.answered.Close = true // more than was announced: the connection is in doubt
	}
	return nil
}

// method is what matters of the request's method to its answer.
func (x *exchange) method() []byte {
	if x.isHead {
		return []byte("HEAD")
	}
	return nil
}

func gone(err error) error {
	if err != nil {
		return errGone
	}
	return nil
}

// isEventStream says whether an answer has no end of its own.
func isEventStream(h *wire.Head) bool {
	const kind = "text/event-stream"
	v := h.Value(wire.ContentType)
	return len(v) >= len(kind) && equalFold(v[:len(kind)], kind)
}

// grpcStatus returns the status of a gRPC answer that has only header fields. On
// HTTP/1.1 there is no other: trailers pass unread. A missing or impossible one
// is UNKNOWN.
func grpcStatus(h *wire.Head) policies.GRPCCode {
	const unknown, last = 2, 16
	for i := range h.Fields {
		f := &h.Fields[i]
		if len(f.Name) != 11 || !equalFold(f.Name, "grpc-status") {
			continue
		}
		if code, err := strconv.ParseUint(text(f.Value), 10, 8); err == nil && code <= last {
			return policies.GRPCCode(code)
		}
	}
	return unknown
}
