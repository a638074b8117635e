package proxy_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// behind starts an upstream with this handler and a proxy before it.
func behind(t *testing.T, e *fault.Engine, h http.HandlerFunc) (address string) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return serve(t, e, s.URL)
}

// h2c is a client that speaks HTTP/2 with prior knowledge.
func h2c(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{Protocols: new(http.Protocols)}
	tr.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestWhatArrivesIsWhatLeaves(t *testing.T) {
	var got *http.Request
	address := behind(t, fault.New(fault.Options{}), func(_ http.ResponseWriter, r *http.Request) { got = r })
	_, err := exchange(address, "GET /a%2Fb//c/../d?q=%zz;y=1&z HTTP/1.1\r\nHost: Shop.Local\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]string{
		"path and query, byte for byte":       {got.RequestURI, "/a%2Fb//c/../d?q=%zz;y=1&z"},
		"host":                                {got.Host, "Shop.Local"},
		"X-Forwarded-For gains the peer":      {got.Header.Get("X-Forwarded-For"), "10.0.0.1, 127.0.0.1"},
		"X-Forwarded-Proto stays as was told": {got.Header.Get("X-Forwarded-Proto"), "https"},
		"X-Forwarded-Host is told":            {got.Header.Get("X-Forwarded-Host"), "Shop.Local"},
		"Via":                                 {got.Header.Get("Via"), "1.1 poise"},
		"no encoding is invented":             {got.Header.Get("Accept-Encoding"), ""},
		"no user agent is invented":           {got.Header.Get("User-Agent"), ""},
		"no trace is invented":                {got.Header.Get("Traceparent"), ""},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", name, pair[0], pair[1])
		}
	}
}

func TestATraceTellsTheFaultItMet(t *testing.T) {
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{match: [{path: {exact: /slow}}], percentage: 100, fault: {delay: {fixed: 1ms}}}")), faulttest.NewPermit("p"), faulttest.Always)
	address := behind(t, e, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Join(r.Header["Tracestate"], "|"), " ", strings.Join(r.Header["X-Poise-Fault"], "|"))
	})
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for want, header := range map[string]http.Header{
		"poise=p,a=1,b=2 p": {"Traceparent": {parent}, "Tracestate": {"a=1", "b=2"}},
		"poise=p p":         {"Traceparent": {parent}},
		" p":                {},
	} {
		for protocol, client := range map[string]*http.Client{"HTTP/1.1": {Transport: &http.Transport{DisableKeepAlives: true}}, "HTTP/2": h2c(t)} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/slow", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header = header
			answer, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if string(body) != want {
				t.Errorf("%s: the upstream was told %q, want %q", protocol, body, want)
			}
		}
	}
}

func TestTheProtocolThatArrivesIsTheOneThatLeaves(t *testing.T) {
	address := behind(t, fault.New(fault.Options{}), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		fmt.Fprint(w, r.Proto)
		w.Header().Set("X-Sum", "9")
	})
	for want, client := range map[string]*http.Client{"HTTP/1.1": {Transport: &http.Transport{DisableKeepAlives: true}}, "HTTP/2.0": h2c(t)} {
		answer, err := client.Get("http://" + address + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(body) != want || answer.Trailer.Get("X-Sum") != "9" {
			t.Errorf("upstream saw %s with trailer %q, want %s with 9", body, answer.Trailer.Get("X-Sum"), want)
		}
	}
}

func TestAResetOnOneStreamLeavesTheOthersAlone(t *testing.T) {
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{match: [{path: {exact: /bad}}], percentage: 100, fault: {abort: {connection: reset}}}")), faulttest.NewPermit("p"), faulttest.Always)
	began, goOn := make(chan struct{}), make(chan struct{})
	address := behind(t, e, func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-goOn
		fmt.Fprint(w, "fine")
	})
	client := h2c(t)
	result := make(chan string)
	go func() {
		answer, err := client.Get("http://" + address + "/good")
		if err != nil {
			result <- err.Error()
			return
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		result <- string(body)
	}()
	<-began
	if answer, err := client.Get("http://" + address + "/bad"); err == nil {
		answer.Body.Close()
		t.Errorf("the reset stream was answered %s", answer.Status)
	}
	close(goOn)
	if got := <-result; got != "fine" {
		t.Errorf("the other stream ended with %q, want fine", got)
	}
}

func TestEventsAreNotHeldBack(t *testing.T) {
	seen := make(chan struct{})
	address := behind(t, fault.New(fault.Options{}), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: one\n\n")
		http.NewResponseController(w).Flush()
		select {
		case <-seen:
		case <-r.Context().Done():
		}
		fmt.Fprint(w, "data: two\n\n")
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address, nil)
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body := bufio.NewReader(answer.Body)
	if line, err := body.ReadString('\n'); err != nil || line != "data: one\n" {
		t.Fatalf("first event %q, %v: it was held back", line, err)
	}
	close(seen)
	if rest, err := io.ReadAll(body); err != nil || !strings.Contains(string(rest), "two") {
		t.Errorf("rest %q, %v", rest, err)
	}
}

func TestAnUpgradePassesBothWays(t *testing.T) {
	address := behind(t, fault.New(fault.Options{}), func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := rw.ReadString('\n')
		fmt.Fprint(conn, "echo "+line)
	})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	r := bufio.NewReader(conn)
	answer, err := http.ReadResponse(r, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("answer %v, %v", answer, err)
	}
	defer answer.Body.Close()
	fmt.Fprint(conn, "hello\n")
	if line, err := r.ReadString('\n'); err != nil || line != "echo hello\n" {
		t.Errorf("echo %q, %v", line, err)
	}
}

func TestStreamsAreJudgedByTheirHead(t *testing.T) {
	docs := `
apiVersion: poise.dev/v1alpha1
kind: Hypothesis
metadata: {name: h}
spec:
  belief: Fine.
  objectives: [{name: latency, good: {latency: 100ms}, target: 99}]
---
` + faulttest.Policy("p", "{percentage: 1, fault: {delay: {fixed: 1ms}}}")
	for name, answer := range map[string]http.HandlerFunc{
		"events": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"an upgrade": func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			rw.ReadByte()
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, docs), faulttest.NewPermit(), nil)
			address := behind(t, e, answer)
			w, err := e.Watch(fault.WatchSpec{
				Policies: []string{"p"},
				Promises: []fault.WatchedPromise{{Promise: e.Set().Belief("h").Promises[0], Listener: "default"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			time.Sleep(150 * time.Millisecond) // longer than the promise
			if c := w.Read(); c.Promises[0].All.Bad != 0 {
				t.Errorf("a stream under way is bad by its age: %+v", c.Promises[0].All)
			}
			conn.Close()
			waitFor(t, "the stream to be counted", func() bool { return w.Read().Promises[0].All.Requests == 1 })
		})
	}
}

func TestWhatAGatewayMustNotForwardIsAnsweredHere(t *testing.T) {
	address := behind(t, fault.New(fault.Options{}), func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was forwarded", r.Method)
	})
	for request, want := range map[string]int{
		"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n":                                             405,
		"TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n":           200,
		"OPTIONS /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n":        200,
		"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\nConnection: close\r\n\r\n": 400,
	} {
		answer, err := exchange(address, request)
		if err != nil || answer.status != want {
			t.Errorf("%q: %v %v, want %d", request, answer, err, want)
		}
	}
}

func TestAnUpstreamThatIsNotThereIsSaidSo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	answer, err := exchange(serve(t, fault.New(fault.Options{}), "http://"+nobody), plain)
	if err != nil || answer.status != 502 || answer.header.Get("Proxy-Status") != "poise; error=connection_refused" {
		t.Errorf("answer %v, %v; want 502 with the reason", answer, err)
	}
}

func TestACallerWhoLeavesReachesTheUpstream(t *testing.T) {
	began, left := make(chan struct{}), make(chan struct{})
	e := fault.New(fault.Options{})
	address := behind(t, e, func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		close(left)
	})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, plain)
	<-began
	conn.Close()
	select {
	case <-left:
	case <-time.After(5 * time.Second):
		t.Error("the upstream was left working for nobody")
	}
}

// TestACallerWhoLeavesEndsTheDelay sends a body, since net/http notices a caller
// who leaves only once the body has been read.
func TestACallerWhoLeavesEndsTheDelay(t *testing.T) {
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {delay: {fixed: 1h}}}")), faulttest.NewPermit("p"), faulttest.Always)
	address := behind(t, e, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a dead call was forwarded: %s", r.Method) })
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "POST /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
	waitFor(t, "the delay to begin", func() bool { c, _ := e.Counts("p"); return c.Active == 1 })
	conn.Close()
	waitFor(t, "the delay to end", func() bool { c, _ := e.Counts("p"); return c.Active == 0 })
	if c, _ := e.Counts("p"); c.Fault != 1 {
		t.Errorf("fault %d, want 1: the delay outlasted the caller's patience", c.Fault)
	}
}

func TestABodyReadAheadArrivesWhole(t *testing.T) {
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {delay: {fixed: 1ms}}}")), faulttest.NewPermit("p"), faulttest.Always)
	address := behind(t, e, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Write(body)
	})
	for _, size := range []int{1, 64 << 10, 64<<10 + 1, 1 << 20} {
		want := strings.Repeat("x", size)
		answer, err := exchange(address, fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", size, want))
		if err != nil || answer.body != want {
			t.Errorf("%d bytes: %d came back, %v", size, len(answer.body), err)
		}
	}
}

// waitFor waits until a condition holds, and fails after a while.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for %s", what)
		}
		runtime.Gosched()
	}
}

func TestAListenerThatWouldForwardToItselfIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	s, err := proxy.Listen(fault.New(fault.Options{}), proxy.Listener{Name: "a", Address: address, Upstream: "http://" + address}, nil)
	if err == nil {
		s.Shutdown(t.Context())
		t.Fatal("it was opened")
	}
	if !strings.Contains(err.Error(), "circles") {
		t.Errorf("error %q does not say why", err)
	}
}

func TestUpstreamsAreReadOrRefused(t *testing.T) {
	for text, good := range map[string]bool{
		"http://a:80": true, "https://a": true, "h2c://a:9000": true, "unix:/run/a.sock": true, "http://[::1]:80/": true,
		"a:80": false, "ftp://a": false, "http://a/path": false, "http://u@a": false, "": false, "unix:": false, "http://a?x=1": false,
	} {
		if _, err := proxy.ParseUpstream(text); (err == nil) != good {
			t.Errorf("%q: error %v, want good: %t", text, err, good)
		}
	}
}

func TestMetricsTellWhatHappened(t *testing.T) {
	docs := faulttest.Policy("p", "{percentage: 100, fault: {delay: {fixed: 1ms}, abort: {status: 503}}, limits: {maxTotal: 1}}") + `---
apiVersion: poise.dev/v1alpha1
kind: Hypothesis
metadata: {name: h}
spec:
  belief: Fine.
  objectives: [{name: availability, good: {status: "<500"}, target: 99}]
`
	e := faulttest.Engine(t, faulttest.Compile(t, docs), faulttest.NewPermit("p"), faulttest.Always)
	address := serve(t, e, "http://"+upstream(t))
	for range 3 {
		if _, err := exchange(address, plain); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "the last answer to be counted", func() bool {
		none, control, fault := e.Lane("default").Requests()
		return none+control+fault == 3
	})
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(e.Collector())
	want := `
# HELP poise_faults_total Faults applied, once for each kind.
# TYPE poise_faults_total counter
poise_faults_total{fault="abort",policy="p"} 1
poise_faults_total{fault="delay",policy="p"} 1
poise_faults_total{fault="response",policy="p"} 0
poise_faults_total{fault="throttle",policy="p"} 0
poise_faults_total{fault="websocket",policy="p"} 0
# HELP poise_objective_good_total Requests an objective found good, by arm.
# TYPE poise_objective_good_total counter
poise_objective_good_total{arm="control",objective="availability"} 0
poise_objective_good_total{arm="fault",objective="availability"} 0
poise_objective_good_total{arm="none",objective="availability"} 2
# HELP poise_requests_total Requests by listener, status (0: none was sent) and arm.
# TYPE poise_requests_total counter
poise_requests_total{arm="control",code="200",listener="default"} 0
poise_requests_total{arm="fault",code="200",listener="default"} 0
poise_requests_total{arm="fault",code="503",listener="default"} 1
poise_requests_total{arm="none",code="200",listener="default"} 2
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want),
		"poise_faults_total", "poise_objective_good_total", "poise_requests_total"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	if c, _ := e.Counts("p"); c.Suppressed[policies.AtMaxTotal.String()] != 2 {
		t.Errorf("suppressed %v, want 2 for max-total", c.Suppressed)
	}
}
