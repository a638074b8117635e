package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
)

// TLS is how a listener proves who it is, and whom it asks to. The zero TLS is
// cleartext.
type TLS struct {
	// CertFile and KeyFile are the certificate, with its chain, and its key, in
	// PEM. They are read again when they change.
	CertFile, KeyFile string
	// ClientCAFile holds the authorities, in PEM, one of which must have signed
	// the certificate of every caller. Empty: callers need none.
	ClientCAFile string
}

// UpstreamTLS is how a listener speaks to an https upstream, which it always
// verifies.
type UpstreamTLS struct {
	// CAFile holds the authorities, in PEM, one of which must have signed the
	// upstream's certificate. Empty: those of the system.
	CAFile string
	// ServerName is the name the certificate must have. Empty: the host's.
	ServerName string
	// CertFile and KeyFile are the certificate shown to an upstream that asks for
	// one. Empty: none.
	CertFile, KeyFile string
}

// Protocols, as they are negotiated (RFC 7301).
const (
	alpnHTTP10 = "http/1.0"
	alpnHTTP1  = "http/1.1"
	alpnHTTP2  = "h2"
)

// certificates are what a listener takes TLS off with.
type certificates struct{ *material }

// newCertificates reads the files of t. It returns nil when t is cleartext.
func newCertificates(t TLS, listener string, log *slog.Logger) (*certificates, error) {
	if t == (TLS{}) {
		return nil, nil //nolint:nilnil // cleartext has none
	}
	if t.CertFile == "" || t.KeyFile == "" {
		return nil, errors.New("tls needs both certFile and keyFile")
	}
	files := []string{t.CertFile, t.KeyFile}
	if t.ClientCAFile != "" {
		files = append(files, t.ClientCAFile)
	}
	m, err := newMaterial(files, t.build, listener, log)
	return &certificates{m}, err
}

// build makes the configuration of a listener from the files' contents.
func (t TLS) build(contents [][]byte) (*tls.Config, error) {
	pair, err := tls.X509KeyPair(contents[0], contents[1])
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", t.CertFile, t.KeyFile, err)
	}
	config := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		NextProtos:   []string{alpnHTTP2, alpnHTTP1, alpnHTTP10},
	}
	if t.ClientCAFile == "" {
		return config, nil
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	config.ClientCAs, err = pool(contents[2], t.ClientCAFile)
	return config, err
}

// handshake takes TLS off a connection, and notes on it what was agreed and
// proved. The connection's deadline bounds it.
func (m *certificates) handshake(c *conn) (net.Conn, error) {
	over := tls.Server(c, m.config())
	if err := over.Handshake(); err != nil { //nolint:noctx // the connection has a deadline
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	state := over.ConnectionState()
	c.tls, c.peer = &state, newPeer(state)
	return over, nil
}

// origin is what TLS is put on with, towards an upstream.
type origin struct {
	*material
	serverName string
}

// newOrigin reads the files of t.
func newOrigin(t UpstreamTLS, listener string, log *slog.Logger) (*origin, error) {
	if (t.CertFile == "") != (t.KeyFile == "") {
		return nil, errors.New("upstreamTLS needs certFile and keyFile together, or neither")
	}
	var files []string
	for _, file := range []string{t.CertFile, t.KeyFile, t.CAFile} {
		if file != "" {
			files = append(files, file)
		}
	}
	m, err := newMaterial(files, t.build, listener, log)
	return &origin{m, t.ServerName}, err
}

// sessions is how many upstream TLS sessions are remembered, to be resumed.
const sessions = 64

// build makes the configuration towards an upstream from the files' contents.
func (t UpstreamTLS) build(contents [][]byte) (_ *tls.Config, err error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(sessions)}
	if t.CertFile != "" {
		pair, err := tls.X509KeyPair(contents[0], contents[1])
		if err != nil {
			return nil, fmt.Errorf("certificate %s with key %s: %w", t.CertFile, t.KeyFile, err)
		}
		config.Certificates, contents = []tls.Certificate{pair}, contents[2:]
	}
	if t.CAFile != "" {
		config.RootCAs, err = pool(contents[0], t.CAFile)
	}
	return config, err
}

// handshake puts TLS on a connection to an upstream, and offers it protocols. It
// closes the connection when that fails.
func (o *origin) handshake(ctx context.Context, c net.Conn, host string, protocols ...string) (*tls.Conn, error) {
	config := o.config().Clone()
	config.NextProtos = protocols
	if config.ServerName = o.serverName; config.ServerName == "" {
		config.ServerName = host
	}
	ctx, cancel := context.WithTimeoutCause(ctx, helloTimeout, errHandshakeTimeout)
	defer cancel()
	over := tls.Client(c, config)
	err := over.HandshakeContext(ctx)
	if err == nil {
		return over, nil
	}
	_ = c.Close() // it is of no use
	if cause := context.Cause(ctx); errors.Is(cause, errHandshakeTimeout) {
		err = cause
	}
	return nil, fmt.Errorf("TLS handshake: %w", err)
}

var errHandshakeTimeout = timeout("the upstream's TLS handshake takes too long")

// timeout is an error of something that took too long.
type timeout string

func (t timeout) Error() string   { return string(t) }
func (t timeout) Timeout() bool   { return true }
func (t timeout) Temporary() bool { return true }

func pool(pem []byte, file string) (*x509.CertPool, error) {
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: there is no certificate in it (expected PEM)", file)
	}
	return authorities, nil
}
