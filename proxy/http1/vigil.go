package http1

import (
	"sync"
	"time"
)

// vigilEvery is how often the clients of held requests are looked at.
const vigilEvery = 100 * time.Millisecond

// vigil notices when a client leaves whose request is being held. It looks at all
// of them, a few times a second and only while there are any: a goroutine for
// each that reads what comes would double what a held request costs.
type vigil struct {
	mu       sync.Mutex
	held     map[*socket]*watched
	patience time.Duration // see Options
	looking  bool
}

// watch returns a channel that is closed when the client has left, and a func
// that stops watching. A client that only ended its own side, and would still
// read the answer, cannot be told from one that has left: it is given the time of
// [Options.Patience]. One under TLS is not looked at.
func (v *vigil) watch(client *socket) (gone <-chan struct{}, stop func()) {
	if client.raw == nil {
		return nil, func() {}
	}
	left := make(chan struct{})
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held == nil {
		v.held = map[*socket]*watched{}
	}
	v.held[client] = &watched{left: left}
	if !v.looking {
		v.looking = true
		time.AfterFunc(vigilEvery, v.look)
	}
	return left, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.held, client)
	}
}

// look looks at all clients once, and comes again while there are any.
func (v *vigil) look() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for client, w := range v.held {
		if w.hasLeft(client.glance(), v.patience) {
			close(w.left)
			delete(v.held, client)
		}
	}
	if v.looking = len(v.held) > 0; v.looking {
		time.AfterFunc(vigilEvery, v.look)
	} else {
		v.held = nil // it does not shrink otherwise
	}
}

// watched is the client of a held request.
type watched struct {
	left     chan struct{} // closed when it has left
	endedFor time.Duration // since it said that it was all
}

// hasLeft says whether a client has left: it broke the connection off, or ended
// its side of it and was patient for as long as we are.
func (w *watched) hasLeft(seen peeked, patience time.Duration) bool {
	if seen != ended {
		w.endedFor = 0
		return seen == broken
	}
	w.endedFor += vigilEvery
	return w.endedFor > patience
}

// glance is peek for somebody beside the goroutine that serves the connection.
func (s *socket) glance() (seen peeked) {
	if s.raw == nil || s.raw.Control(func(fd uintptr) { seen = rawPeek(fd) }) != nil {
		return quiet // or closed by ourselves: who serves it knows
	}
	return seen
}
