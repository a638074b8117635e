package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/poise-dev/poise/proxy/h2"
)

// carrier carries the requests of the connections it is handed.
type carrier interface {
	// carry takes a connection over and closes it in the end. It may return
	// before that.
	carry(c net.Conn)
	// drain takes nothing new, and returns when what is under way has ended.
	// When ctx ends first, so does what is left. Connections that became
	// something else (an upgrade, a tunnel) are not waited for.
	drain(ctx context.Context) error
}

// front is where the connections of one listener come in. It finds out what
// each of them speaks, and hands it to whom it concerns:
//
//	accept ─┬─ TLS ── ALPN ───┬─ h2 ─────────────── http2
//	        │                 └─ http/1.1 ─┐
//	        └─ cleartext ─┬─ not a preface ┴─────── http1
//	                      └─ preface of HTTP/2 ──── http2
//
// It owns every connection until it is closed: it bounds how many there are, and
// closes what is left at the end of a drain.
type front struct {
	name         string
	socket       net.Listener
	tls          *certificates // nil: cleartext
	http1, http2 carrier
	limit        int
	log          *slog.Logger

	mu       sync.Mutex
	open     map[*conn]bool // true: carried; false: nothing known of it yet
	closing  bool
	empty    chan struct{} // closed when closing and nothing is open
	stop     chan struct{} // closed when closing
	welcomes sync.WaitGroup

	refused [refusals]atomic.Uint64
}

// refusal is a reason to turn a connection away.
type refusal uint8

const (
	refusedLimit  refusal = iota // too many are open
	refusedTLS                   // its handshake failed
	refusedResets                // its caller reset one stream after another
	refusals
)

// String returns the reason as metrics name it.
func (r refusal) String() string { return [...]string{"limit", "tls", "resets"}[r] }

// Bounds of a listener.
const (
	// maxConnections are open at a time.
	maxConnections = 1 << 16
	// helloTimeout bounds how long a connection may take to show what it speaks,
	// a TLS handshake included.
	helloTimeout = 10 * time.Second
	// acceptPause and maxAcceptPause bound the wait after a failed accept.
	acceptPause    = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// serve accepts connections until shutdown.
func (f *front) serve() error {
	var pause time.Duration
	for {
		c, err := f.socket.Accept()
		switch {
		case err == nil:
			pause = 0
			f.admit(c)
		case f.isClosing():
			return nil
		case passes(err):
			pause = min(max(2*pause, acceptPause), maxAcceptPause)
			f.log.Warn("connections are not accepted for a moment", "listener", f.name, "pause", pause, "error", err)
			if !f.rest(pause) {
				return nil
			}
		default:
			return err
		}
	}
}

// passes says whether accepting may work again later: the caller gave up, or
// something has run out.
func passes(err error) bool {
	for _, passing := range []error{
		syscall.ECONNABORTED, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EINTR,
	} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

// rest waits, and says whether to go on then.
func (f *front) rest(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-f.stop:
		return false
	}
}

// admit takes a connection in, or turns it away.
func (f *front) admit(raw net.Conn) {
	c := &conn{Conn: raw, gone: f.forget}
	f.mu.Lock()
	full := len(f.open) >= f.limit
	if admitted := !full && !f.closing; admitted {
		f.open[c] = false
		f.welcomes.Go(func() { f.welcome(c) })
		f.mu.Unlock()
		return
	}
	f.mu.Unlock()
	if full {
		f.refused[refusedLimit].Add(1)
	}
	_ = raw.Close() // nothing was said yet
}

// forget stops counting a connection that is being closed.
func (f *front) forget(c *conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, c)
	f.settle()
}

// settle tells who waits for the last connection to end.
func (f *front) settle() {
	if f.closing && len(f.open) == 0 && f.empty != nil {
		close(f.empty)
		f.empty = nil
	}
}

// welcome finds out what a connection speaks, and hands it on.
func (f *front) welcome(c *conn) {
	on, to, err := f.greet(c)
	if err == nil {
		err = f.hand(c)
	}
	if err != nil {
		f.log.Debug("a connection did not become one", "listener", f.name, "peer", c.RemoteAddr(), "error", err)
		_ = c.Close() // it is of no use
		return
	}
	to.carry(on)
}

// hand notes that the connection is going to be carried.
func (f *front) hand(c *conn) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closing {
		return net.ErrClosed
	}
	f.open[c] = true
	return nil
}

// greet returns the connection as it is to be carried, and by whom.
func (f *front) greet(c *conn) (net.Conn, carrier, error) {
	if err := c.SetDeadline(time.Now().Add(helloTimeout)); err != nil {
		return nil, nil, err
	}
	on, isHTTP2, err := f.hear(c)
	if err != nil {
		return nil, nil, err
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return nil, nil, err
	}
	if isHTTP2 {
		return h2.Guard(on, func() { f.refused[refusedResets].Add(1) }), f.http2, nil
	}
	return on, f.http1, nil
}

// hear listens to what a connection says first.
func (f *front) hear(c *conn) (on net.Conn, isHTTP2 bool, err error) {
	if f.tls == nil {
		isHTTP2, err = c.speaksHTTP2()
		return c, isHTTP2, err
	}
	over, err := f.tls.handshake(c)
	if err != nil {
		f.refused[refusedTLS].Add(1)
		return nil, false, err
	}
	return over, c.tls.NegotiatedProtocol == "h2", nil
}

// connections returns how many are open.
func (f *front) connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.open)
}

func (f *front) isClosing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closing
}

// shutdown stops accepting, closes what has said nothing yet, and waits for the
// rest until ctx ends; then it closes that too, and says how many it cut.
func (f *front) shutdown(ctx context.Context) error {
	empty, ok := f.close()
	if !ok {
		return nil
	}
	_ = f.socket.Close() // the accept loop ends by it
	var drains sync.WaitGroup
	var failed [2]error
	for i, to := range []carrier{f.http1, f.http2} {
		if i == 1 && to == f.http1 {
			break
		}
		drains.Go(func() { failed[i] = to.drain(ctx) })
	}
	drains.Wait()
	f.welcomes.Wait()
	select {
	case <-empty:
		return errors.Join(failed[:]...)
	case <-ctx.Done():
	}
	cut := f.closeAll(func(bool) bool { return true })
	if cut == 0 {
		return errors.Join(failed[:]...)
	}
	return fmt.Errorf("%d connections were cut: %w", cut, context.Cause(ctx))
}

// close begins the end, and says whether it was the first to do so. The channel
// is closed when no connection is left.
func (f *front) close() (empty <-chan struct{}, first bool) {
	f.mu.Lock()
	if f.closing {
		f.mu.Unlock()
		return nil, false
	}
	left := make(chan struct{})
	f.closing, f.empty = true, left
	close(f.stop)
	f.settle()
	f.mu.Unlock()
	f.closeAll(func(carried bool) bool { return !carried })
	return left, true
}

// closeAll closes the connections that are meant, and says how many.
func (f *front) closeAll(meant func(carried bool) bool) (n int) {
	f.mu.Lock()
	var all []*conn
	for c, carried := range f.open {
		if meant(carried) {
			all = append(all, c)
		}
	}
	f.mu.Unlock()
	for _, c := range all {
		_ = c.Close() // whoever reads from it notices
	}
	return len(all)
}
