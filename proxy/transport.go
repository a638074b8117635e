package proxy

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Limits of the connections that wait for the next request.
const (
	// upstreamIdle is shorter than the keep-alive of common servers (5 s), so
	// that a request seldom meets a connection that is being closed.
	upstreamIdle = 4 * time.Second
	// maxIdle wait for the next request, and maxIdleHost of them to one host.
	maxIdle     = 4096
	maxIdleHost = 1024
)

// transport sends requests upstream: the protocol that arrives is the one that
// leaves, unless the upstream is named h2c, or speaks HTTP/1.1 only. Nothing is
// sent twice.
type transport struct {
	upstream *Upstream // nil: wherever the request says
	dialer   *dialer
	origin   *origin

	h1, h2c, h2 *http.Transport
	// onlyHTTP1 is set when the one https upstream did not agree to HTTP/2.
	onlyHTTP1 atomic.Bool
	cleartext probe // of the one http upstream
}

func newTransport(u *Upstream, d *dialer, o *origin) *transport {
	t := &transport{upstream: u, dialer: d, origin: o}
	t.cleartext.dial = func(ctx context.Context) (net.Conn, error) { return t.dial(ctx, "", "") }
	t.h1 = t.base(alpnHTTP1)
	t.h1.Protocols.SetHTTP1(true)
	t.h2c = t.base(alpnHTTP2)
	t.h2c.Protocols.SetUnencryptedHTTP2(true)
	t.h2 = t.base(alpnHTTP2, alpnHTTP1)
	t.h2.Protocols.SetHTTP2(true)
	t.h2.Protocols.SetHTTP1(true)
	return t
}

// base returns a transport that offers these protocols over TLS.
func (t *transport) base(protocols ...string) *http.Transport {
	return &http.Transport{
		DialContext: t.dial,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return t.dialTLS(ctx, network, address, protocols)
		},
		DisableCompression:     true,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdleHost,
		IdleConnTimeout:        upstreamIdle,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
		Protocols:              new(http.Protocols),
	}
}

// dial opens a connection to the upstream; the address is that of the request.
func (t *transport) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if t.upstream != nil {
		network, address = t.upstream.Address()
	}
	c, err := t.dialer.dial(ctx, network, address)
	if err != nil {
		return nil, err // not a nil *dialed
	}
	return c, nil
}

func (t *transport) dialTLS(ctx context.Context, network, address string, protocols []string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	c, err := t.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	over, err := t.origin.handshake(ctx, c, host, protocols...)
	if err != nil {
		return nil, err
	}
	if t.upstream != nil && protocols[0] == alpnHTTP2 && over.ConnectionState().NegotiatedProtocol != alpnHTTP2 {
		t.onlyHTTP1.Store(true)
	}
	return over, nil
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	to := t.speak(r)
	if to == t.h1 && replays(r) {
		// The standard library sends an idempotent request without a body again
		// when a kept connection turns out to be closed. One that has a body, be
		// it empty, it does not.
		once := *r
		once.Body = noBody{}
		r = &once
	}
	return to.RoundTrip(r)
}

// replays says whether the standard library would send a request again.
func replays(r *http.Request) bool {
	if r.Body != nil && r.Body != http.NoBody {
		return false
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return r.Header["Idempotency-Key"] != nil || r.Header["X-Idempotency-Key"] != nil
}

// speak returns the transport for the protocol a request leaves by.
func (t *transport) speak(r *http.Request) *http.Transport {
	switch {
	case t.upstream != nil && t.upstream.onlyH2C:
		return t.h2c
	case r.ProtoMajor != 2 || t.onlyHTTP1.Load():
		return t.h1
	case r.URL.Scheme == "https":
		return t.h2
	case t.cleartextHTTP2(r):
		return t.h2c
	default:
		return t.h1
	}
}

// cleartextHTTP2 says whether HTTP/2 leaves as such without TLS. Of a host that
// a caller chose nothing is known; what has to be HTTP/2 is.
func (t *transport) cleartextHTTP2(r *http.Request) bool {
	if isGRPC(r.Header) {
		return true
	}
	return t.upstream != nil && t.cleartext.speaksHTTP2(r.Context())
}

// Close closes the idle connections.
func (t *transport) Close() {
	for _, one := range []*http.Transport{t.h1, t.h2c, t.h2} {
		one.CloseIdleConnections()
	}
}

// noBody is an empty body that the standard library does not know to be empty.
type noBody struct{}

func (noBody) Read([]byte) (int, error) { return 0, io.EOF }
func (noBody) Close() error             { return nil }
