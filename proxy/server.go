package proxy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/poise-dev/poise/proxy/fault"
)

// Listener is one place where requests arrive, and where they go.
type Listener struct {
	Name string
	// Address is host:port, or unix:/path.
	Address string
	// Upstream as ParseUpstream reads it. Empty with Forward.
	Upstream string
	// Forward makes it a forward proxy: requests say where they go.
	Forward bool
	// TLS is taken off what arrives. The zero TLS: cleartext.
	TLS TLS
	// UpstreamTLS is put on towards https upstreams. The zero value verifies them
	// by the system's authorities.
	UpstreamTLS UpstreamTLS
	// Unforwarded leaves out Via and X-Forwarded-*.
	Unforwarded bool
	// MaxConnections bounds how many are open. Zero: 65,536.
	MaxConnections int
	// Patience is for how long a client that has ended its side of a connection of
	// HTTP/1.1 is still worked for: it may only have said all. Zero: 30 s.
	Patience time.Duration
	// Own are the addresses this process listens on; the listener adds its own.
	// A forward proxy never goes there. Nil: it knows its own alone.
	Own *Addresses
}

// Server carries the requests of one listener through an engine.
type Server struct {
	front     *front
	transport *transport
	upstream  *Upstream
}

// Listen opens a listener. Requests wait until Serve.
func Listen(e *fault.Engine, l Listener, log *slog.Logger) (*Server, error) {
	s, err := open(e, l, log)
	if err != nil {
		return nil, fmt.Errorf("listener %q: %w", l.Name, err)
	}
	return s, nil
}

func open(e *fault.Engine, l Listener, log *slog.Logger) (*Server, error) {
	up, err := l.upstream()
	if err != nil {
		return nil, err
	}
	certificates, err := newCertificates(l.TLS, l.Name, log)
	if err != nil {
		return nil, err
	}
	origin, err := newOrigin(l.UpstreamTLS, l.Name, log)
	if err != nil {
		return nil, err
	}
	socket, err := listen(l.Address)
	if err != nil {
		return nil, err
	}
	avoid := l.avoid(socket.Addr())
	if network, address := up.Address(); avoid.Has(network, address) {
		_ = socket.Close() // nothing was accepted yet
		return nil, fmt.Errorf("upstream %s is the listener itself; requests would go in circles", l.Upstream)
	}
	t := newTransport(up, newDialer(avoid), origin)
	handler := newHandler(e.Lane(l.Name), up, t, !l.Unforwarded, log)
	if l.Forward {
		handler.dialer = t.dialer
	}
	http2 := newStandard(handler.entrance(), socket.Addr(), log)
	http1 := carrier(http2)
	if up != nil && !up.onlyH2C {
		http1 = newOwn(e.Lane(l.Name), l, t, log)
	}
	return &Server{
		upstream:  up,
		transport: t,
		front: &front{
			name: l.Name, socket: socket, tls: certificates, http1: http1, http2: http2, log: log,
			limit: cmp.Or(l.MaxConnections, maxConnections), open: map[*conn]bool{}, stop: make(chan struct{}),
		},
	}, nil
}

// avoid returns where requests must not be sent: to the listener itself, and
// when they choose, to nothing this process listens on.
func (l Listener) avoid(itself net.Addr) *Addresses {
	avoid := new(Addresses)
	avoid.Add(itself)
	if l.Own == nil {
		return avoid
	}
	l.Own.Add(itself)
	if l.Forward {
		return l.Own
	}
	return avoid
}

// upstream returns where requests go; nil: where they say.
func (l Listener) upstream() (*Upstream, error) {
	if !l.Forward {
		return ParseUpstream(l.Upstream)
	}
	if l.Upstream != "" {
		return nil, errors.New("a forward proxy has no upstream: requests say where they go")
	}
	return nil, nil //nolint:nilnil // requests say where they go
}

// listen opens host:port or unix:/path. A socket file nobody listens on any
// more is replaced.
func listen(address string) (net.Listener, error) {
	path, unix := strings.CutPrefix(address, "unix:")
	if !unix {
		return new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	}
	socket, err := new(net.ListenConfig).Listen(context.Background(), "unix", path)
	if err == nil || !abandoned(path) {
		return socket, err
	}
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	return new(net.ListenConfig).Listen(context.Background(), "unix", path)
}

// abandoned says whether path is a socket that nobody answers.
func abandoned(path string) bool {
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSocket == 0 {
		return false
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).Dial("unix", path)
	if err == nil {
		_ = conn.Close() // somebody is there
	}
	return err != nil
}

// Name returns the listener's name.
func (s *Server) Name() string { return s.front.name }

// Addr returns the address the listener really has.
func (s *Server) Addr() net.Addr { return s.front.socket.Addr() }

// Upstream returns where requests go; nil: where they say (a forward proxy).
func (s *Server) Upstream() *Upstream { return s.upstream }

// Serve carries requests until Shutdown.
func (s *Server) Serve() error {
	if err := s.front.serve(); err != nil {
		return fmt.Errorf("listener %q: %w", s.Name(), err)
	}
	return nil
}

// Shutdown stops accepting and waits for requests under way, upgraded
// connections and tunnels until ctx ends; those that are left then are cut.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.transport.Close()
	if err := s.front.shutdown(ctx); err != nil {
		return fmt.Errorf("listener %q: %w", s.Name(), err)
	}
	return nil
}
