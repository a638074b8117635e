package proxy

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Upstream is where a listener forwards to.
type Upstream struct {
	text    string
	scheme  string // http or https, as requests carry it
	host    string // for the URL; the connection may go elsewhere (socket)
	socket  string // path of a unix socket; empty: TCP
	onlyH2C bool   // HTTP/2 with prior knowledge, whatever arrives
}

// ParseUpstream reads http://host:port, https://host:port, h2c://host:port
// (HTTP/2 with prior knowledge) or unix:/path.
func ParseUpstream(text string) (*Upstream, error) {
	if path, ok := strings.CutPrefix(text, "unix:"); ok && path != "" {
		return &Upstream{text: text, scheme: "http", host: "localhost", socket: path}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("upstream %q: expected http://HOST:PORT, https://HOST:PORT, h2c://HOST:PORT or unix:/PATH", text)
	}
	if (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("upstream %q: only scheme, host and port are used; requests keep their own path", text)
	}
	up := &Upstream{text: text, scheme: u.Scheme, host: u.Host}
	switch u.Scheme {
	case "http", "https":
	case "h2c":
		up.scheme, up.onlyH2C = "http", true
	default:
		return nil, fmt.Errorf("upstream %q: scheme %q is unknown (expected http, https, h2c or unix)", text, u.Scheme)
	}
	return up, nil
}

// String returns the upstream as it was written.
func (u *Upstream) String() string { return u.text }

// Address returns host:port or the path of the socket.
func (u *Upstream) Address() (network, address string) {
	if u.socket != "" {
		return "unix", u.socket
	}
	if _, _, err := net.SplitHostPort(u.host); err == nil {
		return "tcp", u.host
	}
	if u.scheme == "https" {
		return "tcp", net.JoinHostPort(u.host, "443")
	}
	return "tcp", net.JoinHostPort(u.host, "80")
}

// Limits of the connections to an upstream.
const (
	dialTimeout = 5 * time.Second
	// upstreamIdle is shorter than the keep-alive of common servers (5 s), so
	// that a request seldom meets a connection that is being closed.
	upstreamIdle    = 4 * time.Second
	maxUpstreamIdle = 1024
)

// transport sends requests upstream: the protocol that arrives is the one that
// leaves, unless the upstream is named h2c. Nothing is sent twice.
type transport struct {
	onlyH2C bool
	h1, h2  *http.Transport
}

func newTransport(u *Upstream) *transport {
	t := &transport{onlyH2C: u.onlyH2C, h1: baseTransport(u), h2: baseTransport(u)}
	t.h1.Protocols.SetHTTP1(true)
	if u.scheme == "https" {
		t.h2.Protocols.SetHTTP2(true)
	} else {
		t.h2.Protocols.SetUnencryptedHTTP2(true)
	}
	return t
}

func baseTransport(u *Upstream) *http.Transport {
	network, address := u.Address()
	dialer := net.Dialer{Timeout: dialTimeout}
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
		DisableCompression:     true,
		MaxIdleConns:           maxUpstreamIdle,
		MaxIdleConnsPerHost:    maxUpstreamIdle,
		IdleConnTimeout:        upstreamIdle,
		TLSHandshakeTimeout:    dialTimeout,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
		Protocols:              new(http.Protocols),
	}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.onlyH2C || r.ProtoMajor == 2 {
		return t.h2.RoundTrip(r)
	}
	if r.Body == nil || r.Body == http.NoBody {
		// The standard library sends an idempotent request without a body again
		// when a kept connection turns out to be closed. One that has a body, be
		// it empty, it does not.
		once := *r
		once.Body = noBody{}
		r = &once
	}
	return t.h1.RoundTrip(r)
}

// Close closes the idle connections.
func (t *transport) Close() {
	t.h1.CloseIdleConnections()
	t.h2.CloseIdleConnections()
}

// noBody is an empty body that the standard library does not know to be empty.
type noBody struct{}

func (noBody) Read([]byte) (int, error) { return 0, io.EOF }
func (noBody) Close() error             { return nil }
