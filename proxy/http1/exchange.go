package http1

import (
	"errors"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/wire"
)

// exchange is one request and its answer.
type exchange struct {
	*conn
	passage *fault.Passage
	head    int // length of the request head, the first bytes of conn.buf

	up       *socket
	upload   chan error // not nil while a body is sent beside the answer
	in       inbound
	answered wire.Head
	body     passing // of the answer
	outcome  policies.Outcome
	sent     bool         // the head of the final answer is on its way to the client
	added    []byte       // lines the fault adds to the answer
	faulted  fault.Action // what the fault says in place of the answer, see errFaulted
}

// exchange returns one to use, until its end. An idle connection has none.
func (s *Server) exchange() *exchange {
	if x, ok := s.exchanges.Get().(*exchange); ok {
		return x
	}
	return new(exchange)
}

// end gives x back. The memory of the answer's fields is kept.
func (x *exchange) end() {
	server, fields := x.server, x.answered.Fields
	*x = exchange{}
	x.answered.Fields = fields
	server.exchanges.Put(x)
}

// errGone says that the client can no longer be reached.
var errGone = errors.New("the client has left")

// run carries the exchange, and says whether the client's connection can go on.
func (x *exchange) run() bool {
	action := x.inject()
	if action.Do == fault.Forward {
		return x.forward()
	}
	return x.act(action)
}

// act does what the fault says in place of an answer of the upstream.
func (x *exchange) act(action fault.Action) bool {
	switch action.Do {
	case fault.Answer:
		return x.answerAbort(action.Abort)
	case fault.AnswerGRPC:
		return x.answerGRPC(action.Abort)
	case fault.Reset:
		x.client.abort()
	case fault.Close:
		x.linger()
	case fault.Forward, fault.Gone:
	}
	return false
}

// forward sends the request upstream and the answer back.
func (x *exchange) forward() bool {
	if err := x.connect(); err != nil {
		return x.fail(err)
	}
	defer x.upstream.Store(nil)
	defer x.release()
	err := x.send()
	if err == nil && x.upload == nil {
		x.await()
	}
	quiet := false
	if err == nil {
		x.awaiting.Store(true)
		quiet, err = x.receive()
		x.awaiting.Store(false)
	}
	whole, uploadErr := x.finishUpload()
	if uploadErr != nil && !x.sent {
		err = uploadErr
	}
	x.outcome.Complete = err == nil
	if err == nil && quiet && whole {
		x.server.upstreams.put(x.up)
	} else {
		_ = x.up.Close() // in doubt, or at its end
	}
	switch {
	case errors.Is(err, errFaulted):
		return x.act(x.faulted)
	case errors.Is(err, fault.ErrReset):
		x.client.abort()
		return false
	case errors.Is(err, fault.ErrTruncated):
		x.linger()
		return false
	case err != nil && x.sent:
		return false
	case err != nil:
		return x.fail(err)
	case !whole || x.last():
		x.linger()
		return false
	}
	return true
}

// connect takes a connection to the upstream.
func (x *exchange) connect() error {
	up, err := x.server.upstreams.get()
	if err != nil {
		return err
	}
	x.up = up
	x.upstream.Store(up)
	x.touch()
	return nil
}

// ask sends the first bytes of a request, and where into is not nil waits for
// what comes back, of which there may be nothing yet. A kept connection that has
// ended is replaced; it was looked at before anything was sent.
func (x *exchange) ask(message, into []byte) (got int, err error) {
	for {
		sent, got, err := x.up.ask(message, into)
		switch {
		case errors.Is(err, errStale):
			_ = x.up.Close() // it has ended
			if err := x.connect(); err != nil {
				return 0, err
			}
			x.await()
		case err != nil || sent == len(message):
			return got, err
		default:
			x.touch() // it is not taken at once
			_, err := x.up.Write(message[sent:])
			return 0, err
		}
	}
}

// await takes the limits off both connections: how long an answer may take is
// for the caller to say.
func (x *exchange) await() {
	x.awaiting.Store(true)
	x.server.sweep.unlimited(x.client)
	x.server.sweep.unlimited(x.up)
}

// release gives the buffer of the answer back.
func (x *exchange) release() {
	x.awaiting.Store(false)
	x.server.pool.put(x.in.buf)
	x.in = inbound{}
}

// touch gives both connections more time.
func (x *exchange) touch() {
	x.server.sweep.limit(x.client, x.server.o.StallTimeout)
	x.server.sweep.limit(x.up, x.server.o.StallTimeout)
}

// last says whether the client's connection ends with this answer.
func (x *exchange) last() bool {
	return x.request.Close || x.body.untilClose() || x.server.draining.Load()
}

// fail answers a request that the upstream did not; nothing has been sent to
// the client yet.
func (x *exchange) fail(err error) bool {
	if errors.Is(err, errGone) {
		return false
	}
	status, fields := 0, ""
	if refusal, ok := errors.AsType[*wire.Error](err); ok {
		status = refusal.Status
	}
	if status == 0 || status == 502 {
		var why string
		status, why = x.server.o.Failure(err)
		fields = "Proxy-Status: poise; error=" + why + "\r\n"
	}
	x.server.o.Log.Debug("a request failed", "listener", x.server.o.Lane.Name(), "status", status, "error", err)
	x.outcome.Status, x.outcome.Latency = status, x.passage.Elapsed()
	return x.answerAndGoOn(status, fields, nil)
}

// answerAndGoOn sends an answer of our own, and says whether the connection can
// go on: it cannot when it is in doubt where the next request begins.
func (x *exchange) answerAndGoOn(status int, fields string, body []byte) bool {
	last := x.request.Close || x.server.draining.Load() || !x.skipBody()
	x.answer(status, fields, body, last)
	if last {
		x.linger()
	}
	return !last
}

// skipBody forgets the request, and says whether all of its body had arrived.
func (x *exchange) skipBody() bool {
	if x.head == 0 { // used up already
		return x.upload == nil
	}
	b := x.request.Body
	if b.Chunked || b.Length > int64(x.n-x.head) {
		return false
	}
	x.consume(x.head + int(b.Length))
	x.head = 0
	return true
}

// interrupt ends a read that is under way on the client's connection.
func (x *exchange) interrupt() { _ = x.client.SetReadDeadline(time.Unix(1, 0)) }
