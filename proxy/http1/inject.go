package http1

import (
	"strconv"
	"strings"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
)

// inject lets the request meet its fault. While it is held, the connection is
// looked at, so that a client who leaves ends the wait.
func (x *exchange) inject() fault.Action {
	if !x.passage.Held() {
		return x.passage.Inject(nil)
	}
	x.server.sweep.unlimited(x.client)
	gone, stop := x.watchClient()
	action := x.passage.Inject(gone)
	stop()
	x.server.sweep.limit(x.client, x.server.o.StallTimeout)
	return action
}

// watchClient returns a channel that is closed when the client ends its side of
// the connection, and a func that stops watching. A client that only ends its
// own side, and would still read the answer, cannot be told from one that has
// left: while a request is held, both have.
func (x *exchange) watchClient() (gone <-chan struct{}, stop func()) {
	if x.client.raw == nil || x.n == len(x.buf) {
		return nil, func() {}
	}
	left, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for x.n < len(x.buf) {
			n, err := x.client.Read(x.buf[x.n:])
			x.n += n
			if err != nil {
				if !isTimeout(err) {
					close(left)
				}
				return
			}
		}
	}()
	return left, func() {
		x.interrupt()
		<-done
		_ = x.client.SetReadDeadline(time.Time{}) // a closed connection needs none
	}
}

func isTimeout(err error) bool {
	t, ok := err.(interface{ Timeout() bool })
	return ok && t.Timeout()
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
