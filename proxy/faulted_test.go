package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/poise-dev/poise/proxy"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// shop is an upstream whose answers say much about their body.
type shop struct {
	address string
	calls   atomic.Int64
	sent    atomic.Int64 // bytes of request bodies
	marked  atomic.Value // x-poise-fault of the last request
}

func newShop(t *testing.T) *shop {
	t.Helper()
	u := new(shop)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.calls.Add(1)
		u.marked.Store(r.Header.Get("X-Poise-Fault"))
		n, _ := io.Copy(io.Discard, r.Body)
		u.sent.Add(n)
		h := w.Header()
		h.Set("Content-Type", "text/plain")
		h.Set("X-From", "upstream")
		h.Set("Etag", `"e"`)
		h.Set("Content-Digest", "sha-256=:x:")
		h.Set("Accept-Ranges", "bytes")
		switch r.URL.Path {
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
		case "/part":
			h.Set("Content-Range", "bytes 0-3/10")
			h.Set("Content-Length", "4")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "fine")
		case "/chunked":
			io.WriteString(w, "fi")
			http.NewResponseController(w).Flush()
			io.WriteString(w, "ne")
		case "/long":
			h.Set("Content-Length", "110")
			io.WriteString(w, strings.Repeat("x", 110))
		default:
			h.Set("Content-Length", "4")
			io.WriteString(w, "fine")
		}
	}))
	t.Cleanup(s.Close)
	u.address = s.Listener.Addr().String()
	return u
}

// all is a policy that every request meets.
func all(fault string) string {
	return faulttest.Policy("p", "{percentage: 100, fault: "+fault+"}")
}

func TestEveryFaultAfterTheUpstreamLooksTheSameThroughEveryAdapter(t *testing.T) {
	for name, tc := range map[string]struct {
		fault   string
		request string // "GET /pay" unless it says otherwise
		status  int
		body    string
		header  map[string]string
		err     error
		least   time.Duration
		uncalled,
		skipped bool
	}{
		"a delay may come after the upstream answered": {
			fault: "{delay: {fixed: 50ms, phase: response}}", status: 200, body: "fine", least: 50 * time.Millisecond,
			header: map[string]string{"X-From": "upstream"},
		},
		"an abort may come after the upstream was called": {
			fault:  `{abort: {status: 503, body: "sold out", contentType: text/html, phase: response}}`,
			status: 503, body: "sold out", header: map[string]string{"X-From": "", "Etag": "", "Content-Type": "text/html"},
		},
		"an abort before it keeps the upstream uncalled": {
			fault: "{abort: {status: 503}, response: {status: 500}}", status: 503, uncalled: true,
		},
		"a reset may come after the upstream was called": {fault: "{abort: {connection: reset, phase: response}}", err: syscall.ECONNRESET},
		"a close may come after the upstream was called": {fault: "{abort: {connection: close, phase: response}}", err: io.ErrUnexpectedEOF},
		"a hang may come after the upstream was called": {
			fault: "{abort: {connection: hang, timeout: 60ms, phase: response}}", err: io.ErrUnexpectedEOF, least: 60 * time.Millisecond,
		},
		"a status is rewritten, and the body stays": {
			fault: "{response: {status: 501}}", status: 501, body: "fine", header: map[string]string{"Etag": `"e"`, "Content-Length": "4"},
		},
		"a body is rewritten, and the header stays true": {
			fault: "{response: {body: overloaded}}", status: 200, body: "overloaded",
			header: map[string]string{"Content-Length": "10", "Etag": "", "Content-Digest": "", "Accept-Ranges": "", "X-From": "upstream", "Content-Type": "text/plain"},
		},
		"a body may be emptied": {
			fault: `{response: {body: ""}}`, status: 200, header: map[string]string{"Content-Length": "0", "Etag": ""},
		},
		"part of a body becomes a whole one": {
			request: "GET /part", fault: "{response: {body: overloaded}}", status: 200, body: "overloaded",
			header: map[string]string{"Content-Range": ""},
		},
		"header fields are set, added and removed": {
			fault:  "{response: {headers: {set: {x-from: poise, x-new: a}, add: {x-from: too}, remove: [etag]}}}",
			status: 200, body: "fine", header: map[string]string{"X-From": "poise", "X-New": "a", "Etag": "", "Content-Length": "4"},
		},
		"a status without body takes the body away": {
			fault: "{response: {status: 204}}", status: 204, header: map[string]string{"Content-Length": "", "Etag": ""},
		},
		"a status with a body, where there was none, has an empty one": {
			request: "GET /empty", fault: "{response: {status: 200}}", status: 200, header: map[string]string{"Content-Length": "0"},
		},
		"a body that cannot be rewritten passes": {
			request: "GET /empty", fault: "{response: {body: x}}", status: 204, skipped: true, header: map[string]string{"Etag": `"e"`},
		},
		"the answer to HEAD has no body to rewrite": {
			request: "HEAD /pay", fault: "{response: {body: overloaded}}", status: 200, skipped: true,
			header: map[string]string{"Content-Length": "4", "Etag": `"e"`},
		},
		"a truncated body keeps its declared length": {
			fault: "{response: {truncateAfter: 3B}}", status: 200, body: "fin", err: io.ErrUnexpectedEOF,
			header: map[string]string{"Content-Length": "4", "Etag": `"e"`},
		},
		"a body may be truncated before it begins": {
			fault: "{response: {truncateAfter: 0B}}", status: 200, err: io.ErrUnexpectedEOF, header: map[string]string{"Content-Length": "4"},
		},
		"what is rewritten may be truncated": {
			fault: "{response: {body: overloaded, truncateAfter: 4B}}", status: 200, body: "over", err: io.ErrUnexpectedEOF,
			header: map[string]string{"Content-Length": "10"},
		},
		"a body that ends before is not truncated": {
			fault: "{response: {truncateAfter: 4B}}", status: 200, body: "fine", skipped: true,
		},
		"a body is reset in the middle": {
			fault: "{response: {resetAfter: 3B}}", status: 200, body: "fin", err: syscall.ECONNRESET, header: map[string]string{"Content-Length": "4"},
		},
		"a body is throttled on its way down": {
			request: "GET /long", fault: "{throttle: {download: 100B/s}}", status: 200, body: strings.Repeat("x", 110), least: 90 * time.Millisecond,
		},
		"a body is throttled on its way up": {
			request: "POST /pay", fault: "{throttle: {upload: 100B/s}}", status: 200, body: "fine", least: 90 * time.Millisecond,
		},
		"events are delayed, and this is none": {
			fault: "{delay: {fixed: 1h, phase: event}}", status: 200, body: "fine", skipped: true,
		},
	} {
		for adapter, start := range adapters() {
			t.Run(name+" ("+adapter+")", func(t *testing.T) {
				e := faulttest.Engine(t, faulttest.Compile(t, all(tc.fault)), faulttest.NewPermit("p"), faulttest.Always)
				u := newShop(t)
				began := time.Now()
				answer, err := exchange(start(t, e, u.address), requestOf(tc.request))
				took := time.Since(began)
				if !errors.Is(err, tc.err) {
					t.Errorf("error %v, want %v", err, tc.err)
				}
				if took < tc.least {
					t.Errorf("it took %s, want at least %s", took, tc.least)
				}
				if answer.status != tc.status || answer.body != tc.body {
					t.Errorf("answer %d %q, want %d %q", answer.status, answer.body, tc.status, tc.body)
				}
				for name, want := range tc.header {
					if got := answer.header.Get(name); got != want {
						t.Errorf("%s: %q, want %q", name, got, want)
					}
				}
				if called := u.calls.Load() == 1; called == tc.uncalled {
					t.Errorf("the upstream was called: %t", called)
				}
				if strings.HasPrefix(tc.request, "POST") && u.sent.Load() != 110 {
					t.Errorf("the upstream got %d bytes, want 110", u.sent.Load())
				}
				settled(t, e)
				if c, _ := e.Counts("p"); c.Fault != 1 || (c.Suppressed["skipped"] == 1) != tc.skipped {
					t.Errorf("counts %+v; want one fault, skipped: %t", c, tc.skipped)
				}
			})
		}
	}
}

// requestOf returns a request for "METHOD /path", with a body where there is one.
func requestOf(line string) string {
	if line == "" {
		line = "GET /pay"
	}
	head := line + " HTTP/1.1\r\nHost: shop.local\r\nConnection: close\r\n"
	if strings.HasPrefix(line, "POST") {
		return head + "Content-Length: 110\r\n\r\n" + strings.Repeat("y", 110)
	}
	return head + "\r\n"
}

// settled waits until no fault is active and the request was counted: that is
// when its handler has ended, a moment after its caller has the answer.
func settled(t *testing.T, e *fault.Engine) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		none, control, faulted := e.Lane("default").Requests()
		if c, _ := e.Counts("p"); c.Active == 0 && none+control+faulted > 0 {
			return
		}
	}
	t.Error("the request has not ended after five seconds")
}

func TestCorruptionChangesBytesAndNothingElse(t *testing.T) {
	for adapter, start := range adapters() {
		t.Run(adapter, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, all("{response: {corrupt: {percentage: 100}}}")), faulttest.NewPermit("p"), faulttest.Always)
			answer, err := exchange(start(t, e, newShop(t).address), plain)
			if err != nil || len(answer.body) != 4 || answer.header.Get("Content-Digest") == "" {
				t.Fatalf("answer %+v, %v; want four bytes, and their digest as it was", answer, err)
			}
			for i := range answer.body {
				if answer.body[i] == "fine"[i] {
					t.Errorf("byte %d of %q is as it was", i, answer.body)
				}
			}
		})
	}
}

func TestAThrottledBodyGoesOnAtFullSpeedWhenItIsReleased(t *testing.T) {
	for adapter, start := range adapters() {
		t.Run(adapter, func(t *testing.T) {
			permit := faulttest.NewPermit("p")
			e := faulttest.Engine(t, faulttest.Compile(t, all("{throttle: {download: 1B/s}}")), permit, faulttest.Always)
			address := start(t, e, newShop(t).address)
			time.AfterFunc(50*time.Millisecond, func() { permit.Revoke("p") })
			answer, err := exchange(address, requestOf("GET /long"))
			if err != nil || len(answer.body) != 110 {
				t.Fatalf("%d bytes, %v; want all 110", len(answer.body), err)
			}
			settled(t, e)
			if c, _ := e.Counts("p"); c.Fault != 0 {
				t.Errorf("a released request counts as faulted: %+v", c)
			}
			if none, _, faulted := e.Lane("default").Requests(); none != 1 || faulted != 0 {
				t.Errorf("requests: none %d, fault %d; want it in neither arm", none, faulted)
			}
		})
	}
}

func TestAFaultedRequestIsMarkedForTheNextPoiseAndForCallersWhoMayKnow(t *testing.T) {
	for name, tc := range map[string]struct {
		marks fault.Marks
		fault string
		want  []string // X-Poise-Fault, Proxy-Status, Server-Timing
	}{
		"a caller on this machine": {fault.MarksInternal, "{delay: {fixed: 3ms}}", []string{"p;type=delay", `poise; details="injected:p"`, "poise;dur=3"}},
		"everybody":                {fault.MarksAlways, "{response: {status: 501}}", []string{"p;type=response", `poise; details="injected:p"`, ""}},
		"an abort":                 {fault.MarksAlways, "{delay: {fixed: 3ms}, abort: {status: 503}}", []string{"p;type=delay+abort", `poise; details="injected:p"`, "poise;dur=3"}},
		"what is still to come":    {fault.MarksAlways, "{throttle: {download: 1MB/s}}", []string{"p;type=throttle", `poise; details="injected:p"`, ""}},
		"nobody":                   {fault.MarksNever, "{delay: {fixed: 3ms}}", []string{"", "", ""}},
		"nothing was done":         {fault.MarksAlways, "{delay: {fixed: 3ms, phase: event}}", []string{"", "", ""}},
	} {
		for adapter, start := range adapters() {
			t.Run(name+" ("+adapter+")", func(t *testing.T) {
				e := fault.New(fault.Options{Permit: faulttest.NewPermit("p"), Coin: faulttest.Always, Marks: tc.marks})
				e.Load(faulttest.Compile(t, all(tc.fault)))
				u := newShop(t)
				answer, err := exchange(start(t, e, u.address), plain)
				if err != nil {
					t.Fatal(err)
				}
				for i, field := range []string{"X-Poise-Fault", "Proxy-Status", "Server-Timing"} {
					if got := answer.header.Get(field); got != tc.want[i] {
						t.Errorf("%s: %q, want %q", field, got, tc.want[i])
					}
				}
				if u.calls.Load() == 1 && u.marked.Load() != "p" {
					t.Errorf("the upstream got the mark %q, want p", u.marked.Load())
				}
			})
		}
	}
}

func TestOnHTTP2AFaultEndsOneStream(t *testing.T) {
	for name, tc := range map[string]struct {
		fault, body string
		err         string
	}{
		"a truncated body ends short of its length": {"{response: {truncateAfter: 3B}}", "fin", "unexpected EOF"},
		"a reset body ends by RST_STREAM":           {"{response: {resetAfter: 3B}}", "fin", "stream error"},
	} {
		t.Run(name, func(t *testing.T) {
			policy := faulttest.Policy("p", "{percentage: 100, match: [{path: {prefix: /pay}}], fault: "+tc.fault+"}")
			e := faulttest.Engine(t, faulttest.Compile(t, policy), faulttest.NewPermit("p"), faulttest.Always)
			address := serve(t, e, "http://"+h2cShop(t))
			client := h2cClient(t)
			var kept [2]net.Addr
			for i, path := range []string{"/other", "/pay"} {
				answer, err := client.get(address, path, &kept[i])
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				switch {
				case path == "/other" && (err != nil || string(body) != "fine"):
					t.Errorf("%s: %q, %v; want it whole", path, body, err)
				case path == "/pay" && (string(body) != tc.body || err == nil || !strings.Contains(err.Error(), tc.err)):
					t.Errorf("%s: %q, %v; want %q and %s", path, body, err, tc.body, tc.err)
				}
			}
			var again net.Addr
			answer, err := client.get(address, "/other", &again)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			// kept[1] carried the faulted stream; the client may have opened it beside kept[0].
			if again.String() != kept[1].String() {
				t.Error("the connection did not survive the fault of one stream")
			}
		})
	}
}

func TestTheAccessLogTellsTheFault(t *testing.T) {
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e := faulttest.Engine(t, faulttest.Compile(t, all("{delay: {fixed: 3ms}, abort: {status: 503}}")), faulttest.NewPermit("p"), faulttest.Always)
	s, err := proxy.Listen(e, proxy.Listener{Name: "default", Address: "127.0.0.1:0", Upstream: "http://" + newShop(t).address}, log)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	if _, err := exchange(s.Addr().String(), plain); err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	<-done // nothing writes to the log any more
	for _, want := range []string{"msg=request", "path=/pay", "status=503", "arm=fault", "fault_policy=p", "fault_type=delay+abort", "fault_delay=3ms", "fault_released=false"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, text.String())
		}
	}
}

func TestEachServerSentEventIsDelayed(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		io.WriteString(w, "data: a\n\n: still here\n\n")
		http.NewResponseController(w).Flush()
		io.WriteString(w, "data: b\ndata: c\n\n")
	}))
	defer s.Close()
	for adapter, start := range adapters() {
		t.Run(adapter, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, all("{delay: {fixed: 40ms, phase: event}}")), faulttest.NewPermit("p"), faulttest.Always)
			began := time.Now()
			answer, err := exchange(start(t, e, s.Listener.Addr().String()), plain)
			if err != nil || answer.body != "data: a\n\n: still here\n\ndata: b\ndata: c\n\n" {
				t.Fatalf("%q, %v; want the events as they came", answer.body, err)
			}
			if took := time.Since(began); took < 80*time.Millisecond {
				t.Errorf("two events took %s, want at least 80ms", took)
			}
		})
	}
}

// proxies are the adapters that carry chunks and keep connections.
func proxies() map[string]func(t *testing.T, e *fault.Engine, upstream string) string {
	all := adapters()
	delete(all, "raw bytes")
	return all
}

func TestAConnectionGoesOnAfterAFaultThatLeavesNoDoubt(t *testing.T) {
	for name, tc := range map[string]struct {
		fault, request string
		status         int
		body           string
	}{
		"a rewritten body":                 {"{response: {body: overloaded}}", "GET /pay", 200, "overloaded"},
		"a rewritten body that had chunks": {"{response: {body: overloaded}}", "GET /chunked", 200, "overloaded"},
		"a body taken away":                {"{response: {status: 204}}", "GET /pay", 204, ""},
		"a body where there was none":      {"{response: {status: 200, body: x}}", "GET /empty", 200, "x"},
		"a rewritten answer to HEAD":       {"{response: {status: 503}}", "HEAD /pay", 503, ""},
		"a throttled body in chunks":       {"{throttle: {download: 1MB/s}}", "GET /chunked", 200, "fine"},
		"a throttled upload":               {"{throttle: {upload: 1MB/s}}", "POST /pay", 200, "fine"},
		"a corrupted body":                 {"{response: {corrupt: {percentage: 0.000001}}}", "GET /chunked", 200, "fine"},
		"an abort after the upstream":      {"{abort: {status: 503, body: no, phase: response}}", "GET /pay", 503, "no"},
	} {
		for adapter, start := range proxies() {
			t.Run(name+" ("+adapter+")", func(t *testing.T) {
				policy := faulttest.Policy("p", "{percentage: 100, exclude: [{path: {prefix: /other}}], fault: "+tc.fault+"}")
				e := faulttest.Engine(t, faulttest.Compile(t, policy), faulttest.NewPermit("p"), faulttest.Always)
				conn, err := net.Dial("tcp", start(t, e, newShop(t).address))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(10 * time.Second))
				first := strings.Replace(requestOf(tc.request), "Connection: close\r\n", "", 1)
				io.WriteString(conn, first+requestOf("GET /other"))
				in := bufio.NewReader(conn)
				for _, want := range []reply{{status: tc.status, body: tc.body}, {status: 200, body: "fine"}} {
					method, _, _ := strings.Cut(tc.request, " ")
					if want.body == "fine" {
						method = http.MethodGet
					}
					answer, err := http.ReadResponse(in, &http.Request{Method: method})
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(answer.Body)
					answer.Body.Close()
					if answer.StatusCode != want.status || string(body) != want.body || err != nil {
						t.Errorf("%d %q, %v; want %d %q", answer.StatusCode, body, err, want.status, want.body)
					}
				}
			})
		}
	}
}

func TestABodyInChunksIsCutWithoutItsLastChunk(t *testing.T) {
	for spec, want := range map[string]error{"truncateAfter": io.ErrUnexpectedEOF, "resetAfter": syscall.ECONNRESET} {
		for adapter, start := range proxies() {
			t.Run(spec+" ("+adapter+")", func(t *testing.T) {
				e := faulttest.Engine(t, faulttest.Compile(t, all("{response: {"+spec+": 3B}}")), faulttest.NewPermit("p"), faulttest.Always)
				answer, err := exchange(start(t, e, newShop(t).address), requestOf("GET /chunked"))
				if answer.body != "fin" || !errors.Is(err, want) {
					t.Errorf("%q, %v; want \"fin\", %v", answer.body, err, want)
				}
			})
		}
	}
}

func TestATrailerStaysUnlessItsBodyIsReplaced(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, "fine")
		w.Header().Set("X-Sum", "7")
	}))
	defer s.Close()
	for spec, want := range map[string]string{"{throttle: {download: 1MB/s}}": "7", "{response: {status: 500}}": "7", "{response: {body: x}}": ""} {
		t.Run(spec, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, all(spec)), faulttest.NewPermit("p"), faulttest.Always)
			answer, err := http.Get("http://" + adapters()["net/http"](t, e, s.Listener.Addr().String()))
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if got := answer.Trailer.Get("X-Sum"); got != want || err != nil {
				t.Errorf("body %q, trailer %q, %v; want %q", body, got, err, want)
			}
		})
	}
}

func TestWhatFollowsABrokenUploadIsNoRequest(t *testing.T) {
	for adapter, start := range proxies() {
		t.Run(adapter, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, all("{throttle: {upload: 1MB/s}}")), faulttest.NewPermit("p"), faulttest.Always)
			u := newShop(t)
			conn, err := net.Dial("tcp", start(t, e, u.address))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			io.WriteString(conn, "POST /pay HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"+requestOf("GET /smuggled"))
			answers, err := io.ReadAll(conn)
			if n := bytes.Count(answers, []byte("HTTP/1.1 ")); n != 1 || err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%d answers, %v:\n%s\nwant one, and the end", n, err, answers)
			}
		})
	}
}

func TestGRPCOverHTTP2MeetsFaultsOfItsOwn(t *testing.T) {
	for name, tc := range map[string]struct {
		fault  string
		header map[string]string
		body   string
		status string // of the trailers
	}{
		"an abort before the upstream": {
			"{abort: {grpcStatus: UNAVAILABLE, grpcMessage: busy}}",
			map[string]string{"Grpc-Status": "14", "Grpc-Message": "busy", "Content-Type": "application/grpc"},
			"", "",
		},
		"an abort after the upstream was called": {
			"{abort: {grpcStatus: INTERNAL, phase: response}}", map[string]string{"Grpc-Status": "13", "Content-Type": "application/grpc"}, "", "",
		},
		"an HTTP status":                {"{abort: {status: 503}}", map[string]string{"Grpc-Status": ""}, "", ""},
		"a throttle keeps the trailers": {"{throttle: {download: 1MB/s, upload: 1MB/s}}", nil, "fine", "5"},
		"so does a rewritten header":    {"{response: {headers: {set: {x-a: b}}}}", map[string]string{"X-A": "b"}, "fine", "5"},
	} {
		t.Run(name, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, all(tc.fault)), faulttest.NewPermit("p"), faulttest.Always)
			address := serve(t, e, "http://"+h2cShop(t))
			client := h2cClient(t)
			request, err := http.NewRequest(http.MethodPost, "http://"+address+"/pay.Payments/Charge", strings.NewReader("\x00\x00\x00\x00\x00"))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/grpc")
			answer, err := client.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if string(body) != tc.body || err != nil {
				t.Errorf("body %q, %v", body, err)
			}
			if got := answer.Trailer.Get("Grpc-Status"); got != tc.status {
				t.Errorf("trailer Grpc-Status %q, want %q", got, tc.status)
			}
			for name, want := range tc.header {
				if got := answer.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestATunnelOfAForwardProxyMeetsFaults(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // an upstream that greets with 110 bytes
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, strings.Repeat("x", 110))
			conn.Close()
		}
	}()
	for name, tc := range map[string]struct {
		fault  string
		status int
		bytes  int
		least  time.Duration
	}{
		"its bytes are throttled":            {"{throttle: {download: 100B/s}}", 200, 110, 90 * time.Millisecond},
		"it is refused after the connect":    {"{abort: {status: 503, phase: response}}", 503, 0, 0},
		"it is refused before":               {"{abort: {status: 503}}", 503, 0, 0},
		"it opens late":                      {"{delay: {fixed: 50ms, phase: response}}", 200, 110, 50 * time.Millisecond},
		"what rewrites HTTP leaves it alone": {"{response: {status: 500}}", 200, 110, 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, all(tc.fault)), faulttest.NewPermit("p"), faulttest.Always)
			address := serveBy(t, func(e *fault.Engine, l proxy.Listener, log *slog.Logger) (*proxy.Server, error) {
				l.Forward = true
				return proxy.Listen(e, l, log)
			}, e, "")
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			began := time.Now()
			io.WriteString(conn, "CONNECT "+l.Addr().String()+" HTTP/1.1\r\nHost: "+l.Addr().String()+"\r\n\r\n")
			in := bufio.NewReader(conn)
			answer, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
			if err != nil || answer.StatusCode != tc.status {
				t.Fatalf("answer %v, %v; want %d", answer, err, tc.status)
			}
			answer.Body.Close()
			if tc.status != http.StatusOK {
				return
			}
			got, err := io.ReadAll(in)
			if len(got) != tc.bytes || err != nil {
				t.Errorf("%d bytes, %v; want %d", len(got), err, tc.bytes)
			}
			if took := time.Since(began); took < tc.least {
				t.Errorf("it took %s, want at least %s", took, tc.least)
			}
		})
	}
}

// h2cShop answers "fine" over HTTP/2 with prior knowledge.
func h2cShop(t *testing.T) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") == "application/grpc" {
			w.Header().Set("Content-Type", "application/grpc")
			io.WriteString(w, "fine")
			w.Header().Set(http.TrailerPrefix+"Grpc-Status", "5")
			return
		}
		w.Header().Set("Content-Length", "4")
		io.WriteString(w, "fine")
	}))
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// prior is a client that speaks HTTP/2 with prior knowledge.
type prior struct {
	client http.Client
	local  atomic.Value
}

func h2cClient(t *testing.T) *prior {
	t.Helper()
	p := new(prior)
	transport := &http.Transport{Protocols: new(http.Protocols), DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			p.local.Store(conn.LocalAddr())
		}
		return conn, err
	}}
	transport.Protocols.SetUnencryptedHTTP2(true)
	p.client.Transport = transport
	t.Cleanup(transport.CloseIdleConnections)
	return p
}

func (p *prior) get(address, path string, from *net.Addr) (*http.Response, error) {
	answer, err := p.client.Get("http://" + address + path)
	*from, _ = p.local.Load().(net.Addr)
	return answer, err
}
