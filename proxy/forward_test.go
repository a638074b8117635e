package proxy_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/proxy"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// through is a client that uses a forward proxy.
func through(t *testing.T, s *proxy.Server, config *tls.Config) *http.Client {
	t.Helper()
	tr := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: s.Addr().String()}), TLSClientConfig: config}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestAForwardProxyGoesWhereRequestsSay(t *testing.T) {
	var via, secret string
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		via, secret = r.Header.Get("Via")+r.Header.Get("X-Forwarded-For"), r.Header.Get("Proxy-Authorization")
		fmt.Fprint(w, r.Host, r.URL)
	})
	one, two := httptest.NewServer(handler), httptest.NewServer(handler)
	defer one.Close()
	defer two.Close()
	client := through(t, start(t, fault.New(fault.Options{}), proxy.Listener{Forward: true}), nil)
	for _, server := range []*httptest.Server{one, two} {
		want := strings.TrimPrefix(server.URL, "http://") + "/a%2Fb?q=;x"
		r, _ := http.NewRequest(http.MethodGet, server.URL+"/a%2Fb?q=;x", nil)
		r.Header.Set("Proxy-Authorization", "Basic YTpi")
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(body) != want || via != "1.1 poise" || secret != "" {
			t.Errorf("%q with Via %q and Proxy-Authorization %q, want %q with Via alone", body, via, secret, want)
		}
	}
}

func TestAForwardProxyTunnels(t *testing.T) {
	upstream := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "inside ", r.Proto) }))
	defer upstream.Close()
	config := upstream.Client().Transport.(*http.Transport).TLSClientConfig
	e := fault.New(fault.Options{})
	s := start(t, e, proxy.Listener{Forward: true})
	client := through(t, s, config)
	if got := get(client, upstream.URL); got != "inside HTTP/1.1" {
		t.Errorf("through the tunnel: %q", got)
	}
	client.CloseIdleConnections()
	for deadline := time.Now().Add(5 * time.Second); ; {
		if none, _, _ := e.Lane("default").Requests(); none == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a tunnel that ended is not counted as a request")
		}
	}
}

func TestWhatIsSentRightBehindCONNECTArrives(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				all, _ := io.ReadAll(c) // until the caller's half is closed
				fmt.Fprintf(c, "got %s", all)
			}()
		}
	}()
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Forward: true})
	c := dial(t, s)
	fmt.Fprintf(c, "CONNECT %[1]s HTTP/1.1\r\nHost: %[1]s\r\n\r\nearly ", l.Addr())
	in := bufio.NewReader(c)
	answer, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("CONNECT: %v, %v", answer, err)
	}
	answer.Body.Close()
	if len(answer.Header) > 0 {
		t.Errorf("the answer has header fields: %v", answer.Header)
	}
	io.WriteString(c, "late")
	c.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(in); string(got) != "got early late" || err != nil {
		t.Errorf("%q, %v; want both halves, whole", got, err)
	}
}

func TestATunnelOverHTTP2EndsWhenEitherSideDoes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan bool, 2)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				line, _ := bufio.NewReader(c).ReadString('\n')
				fmt.Fprint(c, "echo ", line)
				if line == "stay\n" {
					io.Copy(io.Discard, c)
				}
				ended <- true
			}()
		}
	}()
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Forward: true})
	client := h2c(t)
	open := func() (io.WriteCloser, io.ReadCloser) {
		body, w := io.Pipe()
		r, _ := http.NewRequest(http.MethodConnect, "http://"+s.Addr().String(), body)
		r.Host = l.Addr().String()
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != 200 {
			t.Fatal(answer.Status)
		}
		return w, answer.Body
	}
	w, body := open()
	io.WriteString(w, "go\n")
	if got, err := io.ReadAll(body); string(got) != "echo go\n" || err != nil {
		t.Errorf("the host ended: %q, %v", got, err)
	}
	<-ended
	w, body = open()
	io.WriteString(w, "stay\n")
	if got, err := bufio.NewReader(body).ReadString('\n'); got != "echo stay\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	w.Close()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the caller ended, and the host was not told")
	}
}

func TestATunnelMeetsTheFaultsThatMakeSense(t *testing.T) {
	host := upstream(t)
	for name, tc := range map[string]struct {
		fault string
		want  string
		least time.Duration
	}{
		"a delay before connecting":  {"{delay: {fixed: 50ms}}", "200", 50 * time.Millisecond},
		"a status":                   {"{abort: {status: 503}}", "503", 0},
		"a reset":                    {"{abort: {connection: reset}}", "connection reset by peer", 0},
		"a close":                    {"{abort: {connection: close}}", "EOF", 0},
		"a hang, then a close":       {"{abort: {connection: hang, timeout: 50ms}}", "EOF", 50 * time.Millisecond},
		"gRPC has no place and goes": {"{abort: {grpcStatus: UNAVAILABLE}}", "200", 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{match: [{methods: [CONNECT], host: {exact: 127.0.0.1}}], percentage: 100, fault: "+tc.fault+"}")), faulttest.NewPermit("p"), faulttest.Always)
			c := dial(t, start(t, e, proxy.Listener{Forward: true}))
			began := time.Now()
			fmt.Fprintf(c, "CONNECT %[1]s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", host)
			answer, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: http.MethodConnect})
			var got string
			if err != nil {
				got = err.Error()
			} else {
				got = answer.Status
				answer.Body.Close()
			}
			if took := time.Since(began); !strings.Contains(got, tc.want) || took < tc.least {
				t.Errorf("%q after %s, want %q after %s", got, took, tc.want, tc.least)
			}
		})
	}
}

func TestATunnelIsThrottled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.Write(make([]byte, 15<<10))
	}()
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{match: [{methods: [CONNECT]}], percentage: 100, fault: {throttle: {download: 10KiB/s}}}")), faulttest.NewPermit("p"), faulttest.Always)
	c := dial(t, start(t, e, proxy.Listener{Forward: true}))
	began := time.Now()
	fmt.Fprintf(c, "CONNECT %[1]s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", l.Addr())
	all, err := io.ReadAll(c)
	if took := time.Since(began); err != nil || len(all) < 15<<10 || took < 400*time.Millisecond {
		t.Errorf("%d bytes after %s, %v; want 15 KiB after half a second: one second's worth passes at once", len(all), took, err)
	}
}

func TestAForwardProxySaysWhyItCannot(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	garbage, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer garbage.Close()
	go func() {
		for {
			c, err := garbage.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, "220 mail.local ESMTP\r\n")
			c.Close()
		}
	}()
	own := new(proxy.Addresses)
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	own.Add(admin.Addr())
	other := start(t, fault.New(fault.Options{}), proxy.Listener{Name: "other", Upstream: "http://127.0.0.1:1", Own: own})
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Forward: true, Own: own})
	_, port, _ := net.SplitHostPort(s.Addr().String())
	for name, tc := range map[string]struct {
		request string
		status  int
		reason  string
	}{
		"nobody listens": {"GET http://" + closed.Addr().String() + "/ HTTP/1.1", 502, "connection_refused"},
		"nobody listens at the end of the tunnel": {"CONNECT " + closed.Addr().String() + " HTTP/1.1", 502, "connection_refused"},
		"a name nobody has":                       {"GET http://nobody.invalid/ HTTP/1.1", 502, "dns_error"},
		"no HTTP at all":                          {"GET http://" + garbage.Addr().String() + "/ HTTP/1.1", 502, ""},
		"the proxy itself":                        {"GET http://" + s.Addr().String() + "/ HTTP/1.1", 502, "proxy_loop_detected"},
		"the proxy itself, by name":               {"GET http://localhost:" + port + "/ HTTP/1.1", 502, "proxy_loop_detected"},
		"the proxy itself, by any address":        {"CONNECT 0.0.0.0:" + port + " HTTP/1.1", 502, "proxy_loop_detected"},
		"another listener of the process":         {"GET http://" + other.Addr().String() + "/ HTTP/1.1", 502, "proxy_loop_detected"},
		"what is for this machine only":           {"CONNECT " + admin.Addr().String() + " HTTP/1.1", 502, "proxy_loop_detected"},
		"a request that names no host":            {"GET / HTTP/1.1", 400, "http_request_error"},
		"another scheme":                          {"GET ftp://a/ HTTP/1.1", 400, "http_request_error"},
		"a tunnel to no port":                     {"CONNECT a HTTP/1.1", 400, "http_request_error"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := exchange(s.Addr().String(), tc.request+"\r\nHost: x\r\nConnection: close\r\n\r\n")
			if err != nil {
				t.Fatal(err)
			}
			if answer.status != tc.status || !strings.HasPrefix(answer.header.Get("Proxy-Status"), "poise; error="+tc.reason) {
				t.Errorf("%d with Proxy-Status %q, want %d with %s", answer.status, answer.header.Get("Proxy-Status"), tc.status, tc.reason)
			}
		})
	}
}

func TestCONNECTIsForForwardProxies(t *testing.T) {
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: "http://" + upstream(t)})
	answer, err := exchange(s.Addr().String(), "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n")
	if err != nil || answer.status != 405 {
		t.Errorf("%v, %v; want 405", answer, err)
	}
}

func TestAListenerDoesNotForwardToItselfUnderAnotherName(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Address: "127.0.0.1:" + port, Upstream: "http://localhost:" + port})
	answer, err := exchange(s.Addr().String(), plain)
	if err != nil || answer.status != 502 || answer.header.Get("Proxy-Status") != "poise; error=proxy_loop_detected" {
		t.Errorf("%v, %v; want 502", answer, err)
	}
}
