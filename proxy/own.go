package proxy

import (
	"context"
	"log/slog"
	"net"

	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/http1"
)

// own carries HTTP/1.1 connections by our own data path.
type own struct{ server *http1.Server }

// newOwn returns a carrier for a listener with one upstream that speaks
// HTTP/1.1.
func newOwn(lane *fault.Lane, l Listener, t *transport, log *slog.Logger) *own {
	o := http1.Options{
		Lane: lane, Dial: t.dialHTTP1, Unforwarded: l.Unforwarded, Failure: upstreamFailure, Patience: l.Patience, Log: log,
	}
	if l.TLS != (TLS{}) {
		o.Scheme = "https"
	}
	return &own{http1.New(o)}
}

// carry implements carrier.
func (o *own) carry(c net.Conn) {
	var client http1.Client
	if at := accepted(c); at != nil {
		client.Identities = at.peer.Identities
	}
	if at, ok := c.(*conn); ok {
		client.Early = at.take()
	}
	go o.server.Serve(c, client)
}

// drain implements carrier.
func (o *own) drain(ctx context.Context) error { return o.server.Shutdown(ctx) }

// dialHTTP1 opens a connection to the one upstream, with TLS where it asks for
// it.
func (t *transport) dialHTTP1(ctx context.Context) (net.Conn, error) {
	network, address := t.upstream.Address()
	if t.upstream.scheme == "https" {
		return t.dialTLS(ctx, network, address, []string{alpnHTTP1})
	}
	return t.dial(ctx, network, address)
}
