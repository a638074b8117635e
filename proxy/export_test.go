package proxy

import (
	"log/slog"
	"net"
	"net/http"

	"github.com/poise-dev/poise/proxy/fault"
)

// ListenStandard is Listen with net/http in the place of our own data path, as a
// forward proxy has it.
func ListenStandard(e *fault.Engine, l Listener, log *slog.Logger) (*Server, error) {
	s, err := Listen(e, l, log)
	if err == nil {
		s.front.http1 = s.front.http2
	}
	return s, err
}

// FrontOf returns a server whose connections come from l and go to h, for tests
// of what happens to connections.
func FrontOf(l net.Listener, h http.Handler) *Server {
	log := slog.New(slog.DiscardHandler)
	to := newStandard(h, l.Addr(), log)
	return &Server{
		transport: newTransport(nil, newDialer(nil), nil),
		front: &front{
			name: "default", socket: l, http1: to, http2: to, log: log,
			limit: maxConnections, open: map[*conn]bool{}, stop: make(chan struct{}),
		},
	}
}
