package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Network is where the shop's services meet.
type Network interface {
	// Listen opens one socket on an address of the network's own choice.
	Listen(ctx context.Context) (net.Listener, error)
	// Dial connects to an address some Listen gave out; it has the shape of
	// [http.Transport.DialContext].
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// loopback is the network of this machine: 127.0.0.1, ports the kernel picks.
type loopback struct{ net.Dialer }

func (loopback) Listen(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", "127.0.0.1:0")
}

func (l loopback) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return l.DialContext(ctx, network, address)
}

// A service is one HTTP server on one socket, which ends only when every
// connection it accepted has ended.
type service struct {
	url    string
	server *http.Server
	served chan error     // what Serve returned
	conns  sync.WaitGroup // accepted connections
}

// serve begins to answer on listener.
func serve(listener net.Listener, handler http.Handler) *service {
	s := &service{url: "http://" + listener.Addr().String(), served: make(chan error, 1)}
	s.server = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute, // longer than any client of the shop keeps a connection
		ConnState:         s.count,
	}
	go func() { s.served <- s.server.Serve(listener) }()
	return s
}

// count follows a connection from its acceptance, which happens before Serve
// returns, to its end, which happens after its last handler returned.
func (s *service) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	default:
	}
}

// close lets requests in flight finish until ctx ends, cuts off the rest, and
// returns when nothing of the service is left.
func (s *service) close(ctx context.Context) error {
	stopped := s.server.Shutdown(ctx)
	if stopped != nil {
		stopped = errors.Join(stopped, s.server.Close())
	}
	if err := <-s.served; !errors.Is(err, http.ErrServerClosed) {
		stopped = errors.Join(stopped, err)
	}
	s.conns.Wait()
	if stopped != nil {
		return fmt.Errorf("close %s: %w", s.url, stopped)
	}
	return nil
}
