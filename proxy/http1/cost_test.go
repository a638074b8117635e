package http1_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// caller sends one request after the other over a connection, and allocates
// nothing for it.
type caller struct {
	conn    net.Conn
	request []byte
	answer  []byte // as long as every answer is
}

// newCaller returns a caller of a proxy that stands in front of a service that
// answers every request alike. One answer has been awaited.
func newCaller(tb testing.TB, e *fault.Engine, request, answer string) *caller {
	tb.Helper()
	conn, err := new(net.Dialer).DialContext(tb.Context(), "tcp", serve(tb, e, answering(tb, len(request), answer)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	c := &caller{conn: conn, request: []byte(request), answer: make([]byte, len(answer))}
	c.call(tb)
	if string(c.answer) != answer {
		tb.Fatalf("answer %q, want %q", c.answer, answer)
	}
	return c
}

func (c *caller) call(tb testing.TB) {
	tb.Helper()
	if _, err := c.conn.Write(c.request); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.ReadFull(c.conn, c.answer); err != nil {
		tb.Fatal(err)
	}
}

// answering returns where a service is that takes whatever comes in one piece,
// if it is as long as a request, and answers.
func answering(tb testing.TB, atLeast int, answer string) string {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in, out := make([]byte, 64<<10), []byte(answer)
				for {
					if _, err := io.ReadAtLeast(c, in, atLeast); err != nil {
						return
					}
					if _, err := c.Write(out); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestARequestThatMeetsNoFaultAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("memory is not kept under the race detector")
	}
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
	tests := []struct{ name, spec, request, answer string }{
		{
			"no policy means it", "{match: [{path: {prefix: /other}}], percentage: 100, fault: {abort: {status: 503}}}",
			"GET /pay HTTP/1.1\r\nHost: a.example\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n", ok,
		},
		{
			"it is not drawn", "{percentage: 0, fault: {delay: {fixed: 1s}}}",
			"GET /pay?a=b HTTP/1.1\r\nHost: a.example\r\nCookie: a=b\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n", ok,
		},
		{
			"it has a body", "{percentage: 0, fault: {abort: {status: 503}}}",
			"POST /pay HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4096\r\n\r\n" + strings.Repeat("x", 4096), ok,
		},
		{
			"the answer is in chunks", "{percentage: 0, fault: {abort: {status: 503}}}",
			"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		},
		{
			"the answer does not fit one read", "{percentage: 0, fault: {abort: {status: 503}}}",
			"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + strings.Repeat("x", 64<<10),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", tt.spec)), faulttest.NewPermit("p"), nil)
			c := newCaller(t, e, tt.request, tt.answer)
			for range 20 { // until every memory that is kept has been made
				c.call(t)
			}
			if n := testing.AllocsPerRun(500, func() { c.call(t) }); n >= 1 {
				t.Errorf("%g allocations for each request, want none", n)
			}
		})
	}
}

func BenchmarkARequestThatMeetsNoFault(b *testing.B) {
	c := newCaller(b, fault.New(fault.Options{}), "GET /pay HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n"+strings.Repeat("x", 1024))
	b.ReportAllocs()
	for b.Loop() {
		c.call(b)
	}
}
