package proxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
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
	// Upstream as ParseUpstream reads it.
	Upstream string
	// Unforwarded leaves out Via and X-Forwarded-*.
	Unforwarded bool
}

// Bounds of what a caller may make us hold.
const (
	maxHeaderBytes    = 64 << 10
	readHeaderTimeout = 10 * time.Second
	callerIdle        = 2 * time.Minute
)

// Server carries the requests of one listener through an engine.
type Server struct {
	listener  net.Listener
	http      *http.Server
	transport *transport
	upstream  *Upstream
	name      string
}

// Listen opens a listener. Requests wait until Serve.
func Listen(e *fault.Engine, l Listener, log *slog.Logger) (*Server, error) {
	up, err := ParseUpstream(l.Upstream)
	if err != nil {
		return nil, fmt.Errorf("listener %q: %w", l.Name, err)
	}
	socket, err := listen(l.Address)
	if err != nil {
		return nil, fmt.Errorf("listener %q: %w", l.Name, err)
	}
	if network, address := up.Address(); network == socket.Addr().Network() && address == socket.Addr().String() {
		_ = socket.Close() // nothing was accepted yet
		return nil, fmt.Errorf("listener %q: upstream %s is the listener itself; requests would go in circles", l.Name, l.Upstream)
	}
	t := newTransport(up)
	s := &Server{
		name:      l.Name,
		listener:  socket,
		transport: t,
		upstream:  up,
		http: &http.Server{
			Handler:           newHandler(e.Lane(l.Name), up, t, !l.Unforwarded, log),
			ReadHeaderTimeout: readHeaderTimeout,
			IdleTimeout:       callerIdle,
			MaxHeaderBytes:    maxHeaderBytes,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
			Protocols:         new(http.Protocols),
		},
	}
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	return s, nil
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
func (s *Server) Name() string { return s.name }

// Addr returns the address the listener really has.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Upstream returns where requests go.
func (s *Server) Upstream() *Upstream { return s.upstream }

// Serve carries requests until Shutdown.
func (s *Server) Serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listener %q: %w", s.name, err)
	}
	return nil
}

// Shutdown stops accepting and waits for requests under way until ctx ends;
// those that are left then are cut.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.transport.Close()
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("listener %q: %w", s.name, err), s.http.Close())
	}
	return nil
}
