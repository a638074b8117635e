package http1

import (
	"sync"
	"sync/atomic"
	"time"
)

// sweep keeps the time limits of all connections with one look a second: a
// timer for each request would cost more than the request. Limits are kept to
// the second.
type sweep struct {
	now atomic.Int64 // seconds since the sweep began, from 1

	mu    sync.Mutex
	conns map[*conn]struct{}
}

// sweepEvery is how often limits are looked at.
const sweepEvery = time.Second

func newSweep() *sweep {
	s := &sweep{conns: map[*conn]struct{}{}}
	s.now.Store(1)
	return s
}

// limit lets a socket be closed after d, unless the limit is set again.
func (s *sweep) limit(c *socket, d time.Duration) {
	c.due.Store(s.now.Load() + int64((d+sweepEvery-1)/sweepEvery) + 1)
}

// unlimited takes the limit off.
func (s *sweep) unlimited(c *socket) { c.due.Store(0) }

// add and remove keep the set of client connections.
func (s *sweep) add(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
}

func (s *sweep) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// look closes the connections whose time is over.
func (s *sweep) look() {
	now := s.now.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.client.expire(now)
		if up := c.upstream.Load(); up != nil {
			up.expire(now)
			if c.awaiting.Load() && c.client.givenUp(c.server.o.Patience) {
				_ = up.Close() // nobody waits for the answer
			}
		}
	}
}

func (s *socket) expire(now int64) {
	if due := s.due.Load(); due != 0 && due <= now {
		s.late.Store(true)
		_ = s.Close() // whoever reads or writes is told
	}
}

// each calls f for every client connection.
func (s *sweep) each(f func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		f(c)
	}
}
