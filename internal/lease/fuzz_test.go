package lease_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/lease"
)

// model is the table as one would write it without clocks, locks or channels.
type model struct {
	now, since lease.Instant
	term       uint64
	halted     bool
	barred     map[string]bool
	held       map[string]lease.Grant
	cut        map[string]cut
}

type cut struct {
	run string
	at  lease.Instant
}

func (m *model) live(policy string) bool {
	g, ok := m.held[policy]
	return ok && m.now < g.Until
}

func (m *model) apply(g lease.Grant) bool {
	switch {
	case m.halted, g.Term < m.term, g.Until <= m.now, m.barred[g.Run],
		m.live(g.Policy) && m.held[g.Policy].Run != g.Run:
		return false
	}
	if g.Term > m.term {
		m.term, m.since = g.Term, m.now
	}
	m.held[g.Policy] = g
	return true
}

func (m *model) renew(policy, run string, beat, ttl lease.Instant) bool {
	term := m.term
	if beat < m.since {
		term--
	}
	if c, ok := m.cut[policy]; ok && c.run == run && beat < c.at || ttl <= 0 {
		return false
	}
	return m.apply(lease.Grant{Policy: policy, Run: run, Term: term, Until: beat + ttl})
}

func (m *model) end(bar bool, match func(lease.Grant) bool) {
	for policy, g := range m.held {
		switch {
		case !match(g):
		case m.live(policy):
			m.cut[policy] = cut{g.Run, m.now}
			if bar && g.Run != "" {
				m.barred[g.Run] = true
			}
			fallthrough
		default:
			delete(m.held, policy)
		}
	}
}

// FuzzTable plays random operations against the model: at every moment the
// table says of every policy what the model says, and the channel of every
// lease that is over is closed once anybody touched it.
func FuzzTable(f *testing.F) {
	f.Add([]byte("\x00\x00\x05\x01\x10\x05\x02\x02\x00\x03\x00\x00\x04\x00\x00\x00\x00\x05"))
	f.Add([]byte("\x06\x11\x09\x05\x00\x01\x05\x00\x05\x06\x11\x00\x07\x01\x02\x01\x12\x80"))
	f.Fuzz(func(t *testing.T, ops []byte) {
		var clock atomic.Int64
		table := lease.New(lease.Options{Clock: func() lease.Instant { return lease.Instant(clock.Load()) }})
		m := &model{since: -1 << 62, barred: map[string]bool{}, held: map[string]lease.Grant{}, cut: map[string]cut{}}
		policies, runs := []string{"a", "b", "c"}, []string{"", "r", "s", "u"}
		for ; len(ops) >= 3; ops = ops[3:] {
			policy, run, n := policies[ops[1]%3], runs[ops[1]/16%4], lease.Instant(ops[2])
			var got, want bool
			switch ops[0] % 8 {
			case 0, 1: // renew, from a beat up to 15 ago, for up to 31
				beat, ttl := max(m.now-n%16, 0), n/8
				got, want = table.Renew([]string{policy}, run, beat, ttl, 0) == nil, m.renew(policy, run, beat, ttl)
			case 2:
				m.now += n % 32
				clock.Store(int64(m.now))
			case 3:
				table.Halt(errors.New("stop"))
				m.term, m.since, m.halted = m.term+1, m.now, true
				m.end(true, func(lease.Grant) bool { return true })
			case 4:
				table.Resume(table.Term())
				m.halted = false
			case 5:
				table.Revoke(run, nil)
				m.end(false, func(g lease.Grant) bool { return g.Run == run })
			case 6:
				g := lease.Grant{Policy: policy, Run: run, Term: uint64(ops[2] % 8), Until: m.now + n%16}
				got, want = table.Apply(g) == nil, m.apply(g)
			case 7:
				want = m.live(policy)
				got = table.End(policy, errors.New("enough"))
				m.end(true, func(g lease.Grant) bool { return g.Policy == policy })
			}
			if got != want {
				t.Fatalf("operation %v: table says %v, model %v", ops[:3], got, want)
			}
			for _, p := range policies {
				if released, live := table.Live(p); live != m.live(p) {
					t.Fatalf("after %v: policy %s live is %v, want %v", ops[:3], p, live, m.live(p))
				} else if live && closed(released) {
					t.Fatalf("after %v: policy %s is live and its channel closed", ops[:3], p)
				}
			}
		}
		for _, l := range table.Leases() {
			released, _ := table.Live(l.Policy)
			table.End(l.Policy, nil)
			if !closed(released) {
				t.Fatalf("policy %s ended and its channel is open", l.Policy)
			}
		}
	})
}

func closed(released <-chan struct{}) bool {
	select {
	case <-released:
		return true
	default:
		return false
	}
}

// TestManyHands has requests, renewals, revocations and halts at once; the
// race detector looks on. Whoever sees a live lease must be woken in the end.
func TestManyHands(t *testing.T) {
	var ended, granted atomic.Int64
	table := lease.New(lease.Options{OnEnd: func(string, string, error) { ended.Add(1) }})
	policies := []string{"a", "b"}
	stop := make(chan struct{})
	var workers sync.WaitGroup
	again := func(f func()) {
		workers.Go(func() {
			for !closed(stop) {
				f()
			}
		})
	}
	for range 2 {
		again(func() {
			released, live := table.Live("a")
			if live && table.Spend("a") {
				<-released
			}
			table.Live("b")
			_ = table.Cause("a")
		})
	}
	again(func() {
		if table.Renew(policies, "", table.Beat(), time.Millisecond, 0) == nil {
			granted.Add(1)
		}
	})
	again(func() { table.Revoke("", nil) })
	again(func() { table.Forget("b"); table.Leases() })
	for range 50 {
		table.Halt(errors.New("stop"))
		if _, live := table.Live("a"); live {
			t.Error("live while halted")
		}
		table.Resume(table.Term())
		<-time.NewTimer(time.Millisecond).C
	}
	close(stop)
	table.Halt(errors.New("the end")) // wakes every sleeper, or the test hangs
	workers.Wait()
	if granted.Load() == 0 || ended.Load() == 0 {
		t.Errorf("granted %d, ended %d: nothing was tried", granted.Load(), ended.Load())
	}
}
