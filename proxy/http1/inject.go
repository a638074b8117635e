package http1

import (
	"strconv"
	"strings"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/wire"
)

// inject lets the request meet its fault. While it is held, the connection is
// looked at, so that a client who leaves ends the wait.
func (x *exchange) inject() fault.Action {
	if !x.passage.Held() {
		return x.passage.Inject(nil)
	}
	x.server.sweep.unlimited(x.client)
	gone, stop := x.server.vigil.watch(x.client)
	x.stow()
	action := x.passage.Inject(gone)
	stop()
	x.unstow()
	if action.Do == fault.Forward && x.client.glance() == broken {
		return fault.Action{Do: fault.Gone}
	}
	x.server.sweep.limit(x.client, x.server.o.StallTimeout)
	return action
}

// stow gives the buffer back for as long as the request is held, and keeps what
// was read in as much memory as it needs.
func (x *exchange) stow() {
	kept := append([]byte(nil), x.buf[:x.n]...)
	x.server.pool.put(x.buf)
	x.buf = kept
}

// unstow takes a buffer again. The head is a view of the buffer.
func (x *exchange) unstow() {
	kept := x.buf
	if x.buf = x.server.pool.getSmall(); len(kept) > len(x.buf) {
		x.server.pool.put(x.buf)
		x.buf = x.server.pool.getBig()
	}
	copy(x.buf, kept)
	_ = wire.ReadRequest(x.buf[:x.head], &x.request) // as before
}

// answerAbort answers with the status, fields and body of an abort.
func (x *exchange) answerAbort(a *policies.Abort) bool {
	var fields strings.Builder
	kind := a.ContentType
	for name, value := range a.Headers {
		if strings.EqualFold(name, "Content-Type") && kind != "" {
			continue
		}
		fields.WriteString(name + ": " + value + "\r\n")
	}
	if kind != "" {
		fields.WriteString("Content-Type: " + kind + "\r\n")
	}
	fields.Write(lines(x.passage.Marks()))
	x.outcome.Status, x.outcome.Complete = a.Status, true
	x.outcome.Latency = x.passage.Elapsed()
	return x.answerAndGoOn(a.Status, fields.String(), []byte(a.Body))
}

// answerGRPC answers with a gRPC status, trailers only.
func (x *exchange) answerGRPC(a *policies.Abort) bool {
	fields := "Content-Type: application/grpc\r\nGrpc-Status: " + strconv.Itoa(int(*a.GRPCStatus)) + "\r\n"
	if a.GRPCMessage != "" {
		fields += "Grpc-Message: " + fault.PercentEncode(a.GRPCMessage) + "\r\n"
	}
	fields += string(lines(x.passage.Marks()))
	x.outcome.Status, x.outcome.Complete = 200, true
	x.outcome.GRPC, x.outcome.GRPCStatus = true, *a.GRPCStatus
	x.outcome.Latency = x.passage.Elapsed()
	return x.answerAndGoOn(200, fields, nil)
}
