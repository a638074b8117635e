package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync"

	"github.com/poise-dev/poise/proxy/h2"
)

// conn is a connection a listener accepted, counted until it is closed.
type conn struct {
	net.Conn
	gone func(*conn)
	once sync.Once

	tls  *tls.ConnectionState // nil: cleartext
	peer Peer

	// first holds what was read to see which protocol comes, until whoever
	// carries the connection reads it again.
	first     [len(h2.Preface)]byte
	from, has int
}

// Peer is who is at the other end of a connection, as far as they have proved
// it.
type Peer struct {
	// Identities are the URIs (such as SPIFFE IDs) and then the DNS names of a
	// verified client certificate.
	Identities []string
}

// newPeer returns who a verified certificate names.
func newPeer(state tls.ConnectionState) (p Peer) {
	if len(state.VerifiedChains) == 0 {
		return p
	}
	leaf := state.VerifiedChains[0][0]
	return Peer{Identities: identities(leaf)}
}

func identities(leaf *x509.Certificate) []string {
	names := make([]string, 0, len(leaf.URIs)+len(leaf.DNSNames))
	for _, uri := range leaf.URIs {
		names = append(names, uri.String())
	}
	return append(names, leaf.DNSNames...)
}

// accepted returns the connection that was accepted under c, whatever was put on
// top since; nil when it was not accepted by a listener of ours.
func accepted(c net.Conn) *conn {
	for {
		switch on := c.(type) {
		case *conn:
			return on
		case interface{ NetConn() net.Conn }:
			c = on.NetConn()
		default:
			return nil
		}
	}
}

// socketOf returns what is at the bottom of a connection.
func socketOf(c net.Conn) net.Conn {
	for {
		on, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = on.NetConn()
	}
}

// NetConn returns the connection underneath. What is left of the first bytes
// has to be read above it.
func (c *conn) NetConn() net.Conn { return c.Conn }

// take returns what is left of the first bytes, for somebody who reads
// underneath.
func (c *conn) take() []byte {
	rest := c.first[c.from:c.has]
	c.from = c.has
	return rest
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	if c.from < c.has {
		n := copy(b, c.first[c.from:c.has])
		c.from += n
		return n, nil
	}
	return c.Conn.Read(b)
}

// Close implements net.Conn. The connection is no longer counted.
func (c *conn) Close() error {
	c.once.Do(func() { c.gone(c) })
	return c.Conn.Close()
}

// CloseWrite ends our side and leaves theirs open.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// speaksHTTP2 says whether a cleartext connection begins as HTTP/2 does. What it
// reads to find out is read again by whoever carries the connection.
func (c *conn) speaksHTTP2() (bool, error) {
	for c.has < len(h2.Preface) {
		n, err := c.Conn.Read(c.first[c.has:])
		c.has += n
		if !strings.HasPrefix(h2.Preface, string(c.first[:c.has])) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}
