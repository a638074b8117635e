package proxy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Limits of the connections to upstreams.
const (
	dialTimeout = 5 * time.Second
	// maxUpstream is how many are open to one address at a time: less than there
	// are local ports.
	maxUpstream = 1 << 14
)

// Why a connection was not tried.
var (
	errLoop  = errors.New("the upstream is this process itself; requests would go in circles")
	errLimit = errors.New("too many connections to the upstream are open")
)

// dialer opens connections to upstreams: never to ourselves, and never without
// bound. Names are resolved each time.
type dialer struct {
	dialer net.Dialer
	limit  int

	mu   sync.Mutex
	open map[string]int // by address, as it was named
}

// newDialer returns a dialer that avoids our own addresses.
func newDialer(own *Addresses) *dialer {
	return &dialer{
		limit: maxUpstream,
		open:  map[string]int{},
		dialer: net.Dialer{
			Timeout: dialTimeout,
			ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
				if own.Has(network, address) {
					return errLoop
				}
				return nil
			},
		},
	}
}

// dial opens a connection. What it returns counts until it is closed.
func (d *dialer) dial(ctx context.Context, network, address string) (*dialed, error) {
	if !d.reserve(address) {
		return nil, errLimit
	}
	c, err := d.dialer.DialContext(ctx, network, address)
	if err != nil {
		d.release(address)
		return nil, err
	}
	return &dialed{Conn: c, release: sync.OnceFunc(func() { d.release(address) })}, nil
}

func (d *dialer) reserve(address string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[address] >= d.limit {
		return false
	}
	d.open[address]++
	return true
}

func (d *dialer) release(address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[address]--; d.open[address] == 0 {
		delete(d.open, address)
	}
}

// dialed is a connection to an upstream.
type dialed struct {
	net.Conn
	release func()
}

// NetConn returns the connection underneath.
func (c *dialed) NetConn() net.Conn { return c.Conn }

// Close implements net.Conn. The connection is no longer counted.
func (c *dialed) Close() error {
	c.release()
	return c.Conn.Close()
}

// CloseWrite ends our side and leaves theirs open.
func (c *dialed) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Addresses are those a process listens on: to proxy there would go in circles,
// or reach what only the machine itself may. The zero Addresses are none; nil is
// too.
type Addresses struct {
	mu    sync.RWMutex
	tcp   []netip.AddrPort
	paths map[string]bool
}

// Add adds an address that is listened on.
func (a *Addresses) Add(listening net.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if tcp, ok := listening.(*net.TCPAddr); ok {
		a.tcp = append(a.tcp, plain(tcp.AddrPort()))
		return
	}
	if a.paths == nil {
		a.paths = map[string]bool{}
	}
	a.paths[listening.String()] = true
}

// Has says whether a connection to an address, with its name resolved, would
// reach one of ours.
func (a *Addresses) Has(network, address string) bool {
	if a == nil {
		return false
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if network == "unix" {
		return a.paths[address]
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return false
	}
	to = plain(to)
	for _, ours := range a.tcp {
		if ours.Port() == to.Port() && meets(ours.Addr(), to.Addr()) {
			return true
		}
	}
	return false
}

// meets says whether who listens on one address hears a connection to another.
// The unspecified address listens everywhere here, and as a destination it is
// this machine.
func meets(listening, to netip.Addr) bool {
	switch {
	case listening == to:
		return true
	case to.IsUnspecified():
		return listening.IsLoopback() || listening.IsUnspecified()
	case listening.IsUnspecified():
		return isLocal(to)
	}
	return false
}

// isLocal says whether an address belongs to this machine. Addresses come and
// go, so it asks.
func isLocal(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, one := range all {
		if prefix, err := netip.ParsePrefix(one.String()); err == nil && prefix.Addr().Unmap() == a {
			return true
		}
	}
	return false
}

// plain takes the IPv6 clothes off an IPv4 address, and the zone off any.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
