package http1

import (
	"context"
	"net"
	"sync"
	"time"
)

// Dial opens a connection to an upstream.
type Dial func(ctx context.Context) (net.Conn, error)

// upstreams keeps the connections to one upstream that may be used again, the
// one used last first.
type upstreams struct {
	dial    Dial
	timeout time.Duration
	sweep   *sweep // whose clock is used
	idle    int64  // longest time unused, in seconds
	most    int

	mu   sync.Mutex
	kept []kept
	done bool
}

// kept is a connection waiting for its next request.
type kept struct {
	*socket
	since int64 // seconds of the sweep's clock
}

// get returns a connection: a kept one, which may have ended meanwhile, or a new
// one.
func (u *upstreams) get() (*socket, error) {
	for {
		k, ok := u.take()
		if !ok {
			break
		}
		if u.young(k) {
			return k.socket, nil
		}
		_ = k.Close() // it soon will have ended
	}
	ctx, cancel := context.WithTimeout(context.Background(), u.timeout)
	defer cancel()
	c, err := u.dial(ctx)
	if err != nil {
		return nil, err
	}
	return newSocket(c), nil
}

func (u *upstreams) take() (kept, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := len(u.kept)
	if n == 0 {
		return kept{}, false
	}
	k := u.kept[n-1]
	u.kept[n-1] = kept{}
	u.kept = u.kept[:n-1]
	return k, true
}

// put keeps a connection whose answer was read to its end.
func (u *upstreams) put(s *socket) {
	s.due.Store(0)
	s.used = true
	u.mu.Lock()
	keep := !u.done && len(u.kept) < u.most
	if keep {
		u.kept = append(u.kept, kept{s, u.sweep.now.Load()})
	}
	u.mu.Unlock()
	if !keep {
		_ = s.Close() // nobody waits for it
	}
}

// young says whether a connection was used so short a time ago that its server
// still keeps it.
func (u *upstreams) young(k kept) bool { return u.sweep.now.Load()-k.since < u.idle }

// expire closes what was not used for long. The oldest come first.
func (u *upstreams) expire() {
	u.mu.Lock()
	n := 0
	for n < len(u.kept) && !u.young(u.kept[n]) {
		n++
	}
	old := append([]kept(nil), u.kept[:n]...)
	u.kept = append(u.kept[:0], u.kept[n:]...)
	u.mu.Unlock()
	for _, k := range old {
		_ = k.Close() // unused
	}
}

// close closes all that are kept.
func (u *upstreams) close() {
	u.mu.Lock()
	all := u.kept
	u.kept, u.done = nil, true
	u.mu.Unlock()
	for _, k := range all {
		_ = k.Close() // unused
	}
}
