package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/poise-dev/poise/proxy"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// serve carries requests to upstream as a listener does.
func serve(t *testing.T, e *fault.Engine, upstream string) (address string) {
	t.Helper()
	return serveBy(t, proxy.Listen, e, upstream)
}

// serveBy carries requests to upstream by a data path.
func serveBy(t *testing.T, listen func(*fault.Engine, proxy.Listener, *slog.Logger) (*proxy.Server, error), e *fault.Engine, upstream string) (address string) {
	t.Helper()
	s, err := listen(e, proxy.Listener{Name: "default", Address: "127.0.0.1:0", Upstream: upstream, Patience: time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.Shutdown(ctx) // requests a test left hanging are cut
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s.Addr().String()
}

// adapters are the ways bytes reach the engine: what is true of a fault is true
// through each.
func adapters() map[string]func(t *testing.T, e *fault.Engine, upstream string) string {
	return map[string]func(*testing.T, *fault.Engine, string) string{
		"our own": func(t *testing.T, e *fault.Engine, upstream string) string {
			t.Helper()
			return serve(t, e, "http://"+upstream)
		},
		"net/http": func(t *testing.T, e *fault.Engine, upstream string) string {
			t.Helper()
			return serveBy(t, proxy.ListenStandard, e, "http://"+upstream)
		},
		"raw bytes": func(t *testing.T, e *fault.Engine, upstream string) string {
			t.Helper()
			return rawAdapter(t, e.Lane("default"), upstream)
		},
	}
}

// upstream answers 200 "fine".
func upstream(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-From", "upstream")
		io.WriteString(w, "fine")
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// reply is an answer that was read whole.
type reply struct {
	status int
	header http.Header
	body   string
}

// exchange sends one request and returns the answer, or how the connection
// ended.
func exchange(address, request string) (reply, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return reply{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, request)
	method, _, _ := strings.Cut(request, " ")
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, string(body)}, err
}

const (
	plain = "GET /pay HTTP/1.1\r\nHost: shop.local\r\nx-user: 42\r\nConnection: close\r\n\r\n"
	grpc  = "POST /pay.Payments/Charge HTTP/1.1\r\nHost: shop.local\r\nContent-Type: application/grpc\r\nContent-Length: 5\r\nConnection: close\r\n\r\n\x00\x00\x00\x00\x00"
)

func TestEveryFaultLooksTheSameThroughEveryAdapter(t *testing.T) {
	for name, tc := range map[string]struct {
		fault   string
		request string
		status  int
		body    string
		header  map[string]string
		err     error
		least   time.Duration
	}{
		"a delay is followed by the upstream's answer": {
			fault: "{delay: {fixed: 50ms}}", status: 200, body: "fine", least: 50 * time.Millisecond,
			header: map[string]string{"X-From": "upstream"},
		},
		"an abort answers with status, body and headers": {
			fault:  `{abort: {status: 503, body: "sold out", contentType: text/plain, headers: {Retry-After: "7"}}}`,
			status: 503, body: "sold out", header: map[string]string{"Content-Type": "text/plain", "Retry-After": "7", "X-From": ""},
		},
		"an abort without a body has an empty one and no guessed type": {
			fault: "{abort: {status: 418}}", status: 418, header: map[string]string{"Content-Length": "0", "Content-Type": ""},
		},
		"a gRPC abort is a 200 with trailers only": {
			fault: "{abort: {grpcStatus: UNAVAILABLE, grpcMessage: busy}}", request: grpc, status: 200,
			header: map[string]string{"Grpc-Status": "14", "Grpc-Message": "busy", "Content-Type": "application/grpc"},
		},
		"a reset is a reset on the wire": {fault: "{abort: {connection: reset}}", err: syscall.ECONNRESET},
		"a close is an end in order":     {fault: "{abort: {connection: close}}", err: io.ErrUnexpectedEOF},
		"a hang ends in a close": {
			fault: "{abort: {connection: hang, timeout: 60ms}}", err: io.ErrUnexpectedEOF, least: 60 * time.Millisecond,
		},
		"a gRPC status on a plain request passes it untouched": {
			fault: "{abort: {grpcStatus: UNAVAILABLE}}", status: 200, body: "fine",
		},
	} {
		for adapter, start := range adapters() {
			t.Run(name+" ("+adapter+")", func(t *testing.T) {
				match := "{match: [{path: {prefix: /pay}, headers: [{name: x-user, exact: \"42\"}]}, {grpc: {service: pay.Payments}}], percentage: 100, fault: "
				e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", match+tc.fault+"}")), faulttest.NewPermit("p"), faulttest.Always)
				address := start(t, e, upstream(t))
				request := tc.request
				if request == "" {
					request = plain
				}
				began := time.Now()
				answer, err := exchange(address, request)
				if !errors.Is(err, tc.err) {
					t.Fatalf("error %v, want %v", err, tc.err)
				}
				if took := time.Since(began); took < tc.least {
					t.Errorf("it took %s, want at least %s", took, tc.least)
				}
				if tc.err != nil {
					return
				}
				if answer.status != tc.status || answer.body != tc.body {
					t.Errorf("answer %d %q, want %d %q", answer.status, answer.body, tc.status, tc.body)
				}
				for name, want := range tc.header {
					if got := answer.header.Get(name); got != want {
						t.Errorf("%s: %q, want %q", name, got, want)
					}
				}
			})
		}
	}
}

func TestAReleasedRequestGoesOnUnharmedThroughEveryAdapter(t *testing.T) {
	for _, fault := range []string{"{delay: {fixed: 1h}}", "{abort: {connection: hang, timeout: 1h}}"} {
		for adapter, start := range adapters() {
			t.Run(fault+" ("+adapter+")", func(t *testing.T) {
				permit := faulttest.NewPermit("p")
				e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: "+fault+"}")), permit, faulttest.Always)
				address := start(t, e, upstream(t))
				go func() {
					for {
						if c, _ := e.Counts("p"); c.Active == 1 {
							permit.Revoke("p")
							return
						}
					}
				}()
				answer, err := exchange(address, plain)
				if err != nil || answer.status != 200 || answer.body != "fine" {
					t.Errorf("answer %v %v, want the upstream's", answer, err)
				}
			})
		}
	}
}

// TestNothingIsSentTwice has an upstream that closes a kept connection when the
// second request comes: the standard library would send a GET again.
func TestNothingIsSentTwice(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	seen := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r := bufio.NewReader(conn)
				for n := 0; ; n++ {
					request, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					seen <- request.URL.Path
					if n == 1 {
						return
					}
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				}
			}()
		}
	}()
	address := serve(t, fault.New(fault.Options{}), "http://"+l.Addr().String())
	ask := func(path string) int {
		answer, err := exchange(address, strings.Replace(plain, "/pay", path, 1))
		if err != nil {
			t.Fatal(err)
		}
		return answer.status
	}
	if got := ask("/first"); got != 200 {
		t.Fatalf("first request: %d", got)
	}
	if got := ask("/second"); got != 502 {
		t.Errorf("second request: %d, want 502", got)
	}
	var paths []string
	for len(seen) > 0 {
		paths = append(paths, <-seen)
	}
	if len(paths) != 2 {
		t.Errorf("the upstream saw %v, want each request once", paths)
	}
}
