package verifier

import (
	"sync"
	"time"
)

// permit is a run's hold on its leases. Renewals and ends meet here, so that
// whatever the loop does, nothing is renewed after the end, from a beat before
// the last revocation, or for a time that is over already.
type permit struct {
	leases   Leases
	policies []string
	run      string
	ttl      time.Duration
	now      func() time.Time

	mu    sync.Mutex
	held  bool
	until time.Duration // the deadline of what is held
	over  bool
	cut   time.Duration // the beat of the last revocation
	ends  []ending      // yet to be told
}

// ending is a lease that was revoked.
type ending struct {
	at    time.Time
	cause error
}

// renew lets the policies inject until beat + ttl, so many faults. It says whether that is a
// new grant. A renewal that comes too late is none, and no error either.
func (p *permit) renew(beat time.Duration, faults int64) (granted bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || beat < p.cut || p.late(beat) {
		return false, nil
	}
	lapsed := p.leases.Beat() >= p.until
	if err := p.leases.Renew(p.policies, p.run, beat, p.ttl, faults); err != nil {
		if p.late(beat) {
			return false, nil
		}
		return false, err
	}
	// A lease that ran out unrenewed was told as such; what follows is a new one.
	granted = !p.held || lapsed
	p.held, p.until = true, beat+p.ttl
	return granted, nil
}

func (p *permit) late(beat time.Duration) bool { return p.leases.Beat() >= beat+p.ttl }

// revoke ends the leases; they may be renewed from a later beat.
func (p *permit) revoke(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(cause)
}

// close ends the leases for good. The first cause stays.
func (p *permit) close(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.over = true
		p.end(cause)
	}
}

// end asks for the end even where nothing is held to its knowledge: that a
// renewal failed does not prove that it did nothing.
func (p *permit) end(cause error) {
	p.leases.Revoke(p.run, cause)
	p.cut = p.leases.Beat()
	if p.held {
		p.held = false
		p.ends = append(p.ends, ending{at: p.now(), cause: cause})
	}
}

// ended returns the ends since it was last asked.
func (p *permit) ended() []ending {
	p.mu.Lock()
	defer p.mu.Unlock()
	ends := p.ends
	p.ends = nil
	return ends
}
