package proxy

import (
	"fmt"
	"net"
	"net/url"
	"strings"
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

// String returns the upstream as it was written. Nil is wherever a request says.
func (u *Upstream) String() string {
	if u == nil {
		return "where requests say"
	}
	return u.text
}

// Address returns host:port or the path of the socket; nothing for nil.
func (u *Upstream) Address() (network, address string) {
	if u == nil {
		return "", ""
	}
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
