package proxy

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
)

// answer is the answer to one request on its way to the caller. It notes what
// an objective needs to know.
type answer struct {
	http.ResponseWriter
	passage *fault.Passage
	status  int           // of the final answer; 0: none yet
	headAt  time.Duration // when it was sent, since the request's head
	failed  bool          // a write failed, or the connection was broken by us
	// broken: the request's body could not be read to its end.
	broken atomic.Bool
	tunnel bool // what follows the head is not HTTP
}

// Unwrap lets http.ResponseController reach flushing and hijacking.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader notes the final status; informational ones pass.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		a.begin(status)
	}
	a.ResponseWriter.WriteHeader(status)
}

// begin notes the final status, and marks the answer where a fault was injected
// and the caller may know.
func (a *answer) begin(status int) {
	a.status, a.headAt = status, a.passage.Elapsed()
	if a.tunnel || isStream(status, a.Header()) {
		a.passage.Streaming()
	}
	for _, mark := range a.passage.Marks() {
		a.Header().Add(mark.Name, mark.Value)
	}
	if a.broken.Load() {
		a.Header().Set("Connection", "close")
	}
}

// Hijack implements http.Hijacker: it is how an upgrade is answered.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err == nil && a.status == 0 {
		a.begin(http.StatusSwitchingProtocols)
	}
	return conn, rw, err
}

// Write notes when the caller can no longer be reached.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	n, err := a.ResponseWriter.Write(b)
	a.failed = a.failed || err != nil
	return n, err
}

// FlushError sends what is held back. An answer of gRPC that has its status in
// the head has nothing else, and must end with it: sent before its end it would
// be a head without the trailers callers then wait for.
func (a *answer) FlushError() error {
	if header := a.Header(); isGRPC(header) && header["Grpc-Status"] != nil {
		return nil
	}
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// outcome tells how the request ended. failure is what the handler panicked
// with, nil when it returned.
func (a *answer) outcome(r *http.Request, failure any) policies.Outcome {
	o := policies.Outcome{
		Status:   a.status,
		Complete: failure == nil && !a.failed && r.Context().Err() == nil,
		Latency:  a.passage.Elapsed(),
	}
	header := a.Header()
	if a.tunnel || isStream(a.status, header) {
		o.Latency = a.headAt
	}
	if isGRPC(header) {
		o.GRPC, o.GRPCStatus = true, grpcStatus(header)
	}
	return o
}

// isStream says whether an answer has no end of its own: then its latency is
// that of its head.
func isStream(status int, h http.Header) bool {
	return status == http.StatusSwitchingProtocols ||
		strings.HasPrefix(h.Get("Content-Type"), "text/event-stream")
}

// grpcStatus returns the status of a gRPC answer, from its trailers or, where
// it has only those, its header. A missing or impossible one is UNKNOWN.
func grpcStatus(h http.Header) policies.GRPCCode {
	const unknown, last = 2, 16
	for _, name := range []string{http.TrailerPrefix + "Grpc-Status", "Grpc-Status"} {
		if values := h[name]; len(values) > 0 {
			if code, err := strconv.ParseUint(values[0], 10, 8); err == nil && code <= last {
				return policies.GRPCCode(code)
			}
			return unknown
		}
	}
	return unknown
}

// end breaks the connection without an answer: with a reset, or in order. On
// HTTP/2 only the stream ends, by RST_STREAM.
func (a *answer) end(reset bool) {
	a.failed = true
	conn, _, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := socketOf(conn).(*net.TCPConn); ok {
		if reset {
			_, _ = tcp.SetLinger(0), tcp.Close() // which sends RST, and nothing before it
		} else {
			closeGently(conn, tcp)
		}
	}
	_ = conn.Close() // it is gone either way
}

// Bounds of waiting for a caller to stop sending.
const (
	lingerTime  = 100 * time.Millisecond
	lingerBytes = 256 << 10
)

// closeGently ends our side and reads what the caller still sends, within
// bounds: closing with unread bytes would turn the FIN into a reset.
func closeGently(over net.Conn, c *net.TCPConn) {
	if secure, ok := over.(*tls.Conn); ok {
		_ = secure.CloseWrite() // says that it was meant
	}
	if err := errors.Join(c.CloseWrite(), c.SetReadDeadline(time.Now().Add(lingerTime))); err != nil {
		return
	}
	var scrap [4096]byte
	for read := 0; read < lingerBytes; {
		n, err := c.Read(scrap[:])
		if err != nil {
			return
		}
		read += n
	}
}
