package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/poise-dev/poise/proxy"
	"github.com/poise-dev/poise/proxy/fault"
)

// listenAs opens a listener, at any address unless it has one, and carries
// requests until the test ends.
func listenAs(t *testing.T, e *fault.Engine, l proxy.Listener) (*proxy.Server, error) {
	t.Helper()
	if l.Name == "" {
		l.Name = "default"
	}
	if l.Address == "" {
		l.Address = "127.0.0.1:0"
	}
	s, err := proxy.Listen(e, l, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = s.Shutdown(ctx) // what a test left open is cut
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, nil
}

// gather returns a server's metrics as text.
func gather(t *testing.T, s *proxy.Server) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(proxy.Collector([]*proxy.Server{s}))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

func dial(t *testing.T, s *proxy.Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

func TestMoreConnectionsThanTheLimitAreTurnedAway(t *testing.T) {
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: "http://" + upstream(t), MaxConnections: 2})
	ask := func(c net.Conn) error {
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
		return err
	}
	first, second := dial(t, s), dial(t, s)
	for _, c := range []net.Conn{first, second} {
		if err := ask(c); err != nil {
			t.Fatal(err)
		}
	}
	if got := metric(t, s, "poise_connections", "default"); got != 2 {
		t.Errorf("%v connections are open, want 2", got)
	}
	if err := ask(dial(t, s)); err == nil {
		t.Error("a third connection was carried")
	}
	if got := metric(t, s, "poise_connections_refused_total", "limit"); got != 1 {
		t.Errorf("%v connections were counted as refused, want 1", got)
	}
	first.Close()
	for deadline := time.Now().Add(5 * time.Second); metric(t, s, "poise_connections", "default") != 1; {
		if time.Now().After(deadline) {
			t.Fatal("a connection that ended is still counted")
		}
	}
	if err := ask(dial(t, s)); err != nil {
		t.Errorf("a place that was given back: %v", err)
	}
}

func TestARequestThatComesByteByByteIsRead(t *testing.T) {
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: "http://" + upstream(t)})
	for _, method := range []string{"PRI", "PROPFIND", "PUT", "G"} { // some begin as the preface of HTTP/2 does
		c := dial(t, s)
		for _, b := range []byte(method + " /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") {
			c.Write([]byte{b})
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || answer.StatusCode != 200 {
			t.Errorf("%s: %v, %v", method, answer, err)
			continue
		}
		answer.Body.Close()
	}
}

// upgraded returns a listener, and a connection through it that became
// something else: whatever is said on it is said back.
func upgraded(t *testing.T) (*proxy.Server, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		io.Copy(c, in)
	}()
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: "http://" + l.Addr().String()})
	c := dial(t, s)
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	in := bufio.NewReader(c)
	answer, err := http.ReadResponse(in, nil)
	if err != nil || answer.StatusCode != 101 {
		t.Fatalf("upgrade: %v, %v", answer, err)
	}
	answer.Body.Close()
	return s, c
}

func TestADrainWaitsForUpgradedConnectionsAndClosesThemInTheEnd(t *testing.T) {
	s, c := upgraded(t)
	ctx, end := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(ctx) }()
	for range 3 { // it goes on while the drain waits
		io.WriteString(c, "still")
		if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
			t.Fatalf("the upgraded connection ended during the drain: %v", err)
		}
	}
	select {
	case err := <-done:
		t.Fatalf("the drain ended with an upgraded connection open: %v", err)
	default:
	}
	end(errors.New("enough"))
	if err := <-done; err == nil || !strings.Contains(err.Error(), "cut") {
		t.Errorf("the drain ended with %v, want that it cut something", err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the upgraded connection lives on")
	}
}

func TestADrainEndsWhenTheLastUpgradedConnectionDoes(t *testing.T) {
	s, c := upgraded(t)
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(t.Context()) }()
	io.WriteString(c, "still")
	if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestADrainDoesNotWaitForThoseWhoSayNothing(t *testing.T) {
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: "http://" + upstream(t)})
	silent := dial(t, s)
	for metric(t, s, "poise_connections", "default") == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := silent.Read(make([]byte, 1)); err == nil {
		t.Error("a silent connection lives on")
	}
}

// socket is a listener that accepts what a test gives it.
type socket struct {
	results chan result
	closed  chan struct{}
}

type result struct {
	conn net.Conn
	err  error
}

func (s *socket) Accept() (net.Conn, error) {
	select {
	case r := <-s.results:
		return r.conn, r.err
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *socket) Close() error { close(s.closed); return nil }

func (s *socket) Addr() net.Addr { return &net.TCPAddr{} }

func TestAcceptingGoesOnWhenSomethingHadRunOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &socket{make(chan result), make(chan struct{})}
		s := proxy.FrontOf(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") }))
		done := make(chan error, 1)
		go func() { done <- s.Serve() }()
		began := time.Now()
		for range 12 {
			l.results <- result{err: &net.OpError{Op: "accept", Err: syscall.EMFILE}}
		}
		here, there := net.Pipe()
		l.results <- result{conn: there}
		if got, want := time.Since(began), (5+10+20+40+80+160+320+640+4*1000)*time.Millisecond; got != want {
			t.Errorf("it waited %s in all, want %s: twice as long each time, a second at most", got, want)
		}
		go io.WriteString(here, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		answer, err := http.ReadResponse(bufio.NewReader(here), nil)
		if err != nil || answer.StatusCode != 200 {
			t.Fatalf("%v, %v", answer, err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		here.Close()
	})
}

func TestAConnectionThatSaysNothingIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &socket{make(chan result), make(chan struct{})}
		s := proxy.FrontOf(l, http.NotFoundHandler())
		done := make(chan error, 1)
		go func() { done <- s.Serve() }()
		here, there := net.Pipe()
		began := time.Now()
		l.results <- result{conn: there}
		io.WriteString(here, "PRI * HT") // it might become HTTP/2
		if _, err := here.Read(make([]byte, 1)); err == nil {
			t.Error("it was answered")
		}
		if got := time.Since(began); got != 10*time.Second {
			t.Errorf("it was let go after %s, want 10s", got)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
