package fault

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/poise-dev/poise/policies"
)

// gate is the living part of one policy: its limits, and its counters.
type gate struct {
	*tally
	limits policies.Limits
	coins  atomic.Uint64 // tossed so far; the place in a seed's sequence
	drawn  atomic.Uint64 // faults of a seeded policy; the place in its sequence of chances
	total  atomic.Int64  // faults since the policy last changed
	pace   pace
	watch  atomic.Pointer[Watch] // the run that tests the policy, if any
}

// tally counts what one policy did since the process started.
type tally struct {
	arms       [3]atomic.Uint64 // requests by policies.Arm
	active     atomic.Int64     // faults in progress
	faults     [kinds]atomic.Uint64
	suppressed [policies.Permissions]atomic.Uint64
}

// kind is a kind of fault, as metrics name it.
type kind uint8

const (
	kindDelay kind = iota
	kindAbort
	kindResponse
	kindThrottle
	kindWebSocket
	kinds
)

// String returns the label of the kind.
func (k kind) String() string {
	return [...]string{"delay", "abort", "response", "throttle", "websocket"}[k]
}

func newGate(p *policies.Policy, t *tally) *gate {
	g := &gate{tally: t, limits: p.Limits}
	g.pace.perSecond = p.Limits.MaxPerSecond
	return g
}

// room says whether the limits leave room for one more fault now.
func (g *gate) room(l *Lane, now time.Duration) policies.Permission {
	switch {
	case g.limits.MaxConcurrent > 0 && g.active.Load() >= int64(g.limits.MaxConcurrent):
		return policies.AtMaxConcurrent
	case g.limits.MaxTotal > 0 && g.total.Load() >= g.limits.MaxTotal:
		return policies.AtMaxTotal
	case g.limits.MaxPerSecond > 0 && !g.pace.ready(now):
		return policies.AtMaxPerSecond
	case g.limits.MaxShare != nil && !l.faultsOf(g).below(g.limits.MaxShare, l.requests(), now):
		return policies.AtMaxShare
	}
	return policies.Granted
}

// take reserves room for one fault: the same questions as room, answered for
// good. What was taken before a refusal is given back.
func (g *gate) take(l *Lane, now time.Duration) policies.Permission {
	if n := g.active.Add(1); g.limits.MaxConcurrent > 0 && n > int64(g.limits.MaxConcurrent) {
		g.active.Add(-1)
		return policies.AtMaxConcurrent
	}
	if n := g.total.Add(1); g.limits.MaxTotal > 0 && n > g.limits.MaxTotal {
		g.giveBack()
		return policies.AtMaxTotal
	}
	if g.limits.MaxPerSecond > 0 && !g.pace.take(now) {
		g.giveBack()
		return policies.AtMaxPerSecond
	}
	if g.limits.MaxShare != nil && !l.faultsOf(g).take(g.limits.MaxShare, l.requests(), now) {
		g.giveBack()
		return policies.AtMaxShare
	}
	return policies.Granted
}

// turn returns the coin of a policy that faults its first n requests.
func (g *gate) turn(n int) uint32 {
	if g.coins.Add(1) <= uint64(n) { //nolint:gosec // positive
		return 0
	}
	return policies.Whole
}

func (g *gate) giveBack() {
	g.active.Add(-1)
	g.total.Add(-1)
}

// pace allows so many faults a second, with a burst of one second: the generic
// cell rate algorithm (ITU-T I.371), one atomic word.
type pace struct {
	perSecond float64
	due       atomic.Int64 // when the bucket is full again, on the engine's clock
}

// step is the time one fault uses up, and slack how far ahead a burst may run.
func (p *pace) step() (step, slack int64) {
	step = int64(math.Max(1, float64(time.Second)/p.perSecond))
	return step, max(int64(time.Second)-step, 0)
}

func (p *pace) ready(now time.Duration) bool {
	_, slack := p.step()
	return p.due.Load() <= int64(now)+slack
}

func (p *pace) take(now time.Duration) bool {
	step, slack := p.step()
	at := int64(now)
	for {
		due := p.due.Load()
		if due > at+slack {
			return false
		}
		if p.due.CompareAndSwap(due, max(due, at)+step) {
			return true
		}
	}
}
