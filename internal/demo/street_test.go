package demo_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/demo"
)

// A street is a network of pipes: real HTTP over it takes no time on the clock
// of a bubble, so what is left is the time that services and queues take.
type street struct {
	mu     sync.Mutex
	houses map[string]*house
}

// house is one listener of a street.
type house struct {
	address  net.TCPAddr
	visitors chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (s *street) Listen(context.Context) (net.Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.houses == nil {
		s.houses = map[string]*house{}
	}
	h := &house{
		address:  net.TCPAddr{IP: net.IPv4(192, 0, 2, byte(len(s.houses)+1)), Port: 80},
		visitors: make(chan net.Conn),
		closed:   make(chan struct{}),
	}
	s.houses[h.address.String()] = h
	return h, nil
}

func (s *street) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	s.mu.Lock()
	h := s.houses[address]
	s.mu.Unlock()
	if h == nil {
		return nil, fmt.Errorf("nobody lives at %s", address)
	}
	here, there := net.Pipe()
	select {
	case h.visitors <- there:
		return here, nil
	case <-h.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *house) Accept() (net.Conn, error) {
	select {
	case c := <-h.visitors:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *house) Addr() net.Addr { return &h.address }

func (h *house) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// transport reaches the houses of the street.
func (s *street) transport() *http.Transport {
	return &http.Transport{
		DialContext: s.Dial, DisableCompression: true,
		MaxIdleConns: 2048, MaxIdleConnsPerHost: 2048, IdleConnTimeout: 3 * time.Second,
	}
}

// hop stands in for one listener of a sidecar: it takes a little time for every
// request, passes it on to upstream, and holds a share of them up for longer.
func hop(tb testing.TB, network demo.Network, transport *http.Transport, upstream string, takes time.Duration, delay func() time.Duration) string {
	tb.Helper()
	base, err := url.Parse(upstream)
	if err != nil {
		tb.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(base) },
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // callers may leave
	}
	listener, err := network.Listen(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wait := takes + delay(); wait > 0 {
			timer := time.NewTimer(wait)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
				return
			}
		}
		forward.ServeHTTP(w, r)
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Serve(listener)
	}()
	tb.Cleanup(func() {
		server.Shutdown(context.Background())
		<-ended
		transport.CloseIdleConnections()
	})
	return "http://" + listener.Addr().String()
}

// coin delays a share of the requests, drawn one by one.
func coin(seed uint64, share float64, delay time.Duration) func() time.Duration {
	var mu sync.Mutex
	chance := rand.New(rand.NewPCG(seed, 1))
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		if chance.Float64() < share {
			return delay
		}
		return 0
	}
}

// never delays nothing.
func never() time.Duration { return 0 }
