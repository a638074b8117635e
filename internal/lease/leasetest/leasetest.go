// Package leasetest holds every way a grant can reach a table to the same
// promises: silence is off, a revocation wakes who sleeps, what comes late
// extends nothing, lower terms are refused, and a halt beats all.
package leasetest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/internal/lease" //nolint:depguard // the suite is part of the room
)

// Policy is the policy the suite asks for; a carrier makes sure it exists.
const Policy = "payment-slow"

// reaction is the longest a sleeping request may sleep on after its lease
// ended.
const reaction = 100 * time.Millisecond

// Carrier is one way a grant gets to a table. Each function returns when its
// word has reached the table, or was refused.
type Carrier struct {
	// Grant asks for the policy for ttl. Meanwhile, when not nil, happens while
	// the grant is on its way: after it was asked for, before it arrives.
	Grant func(ttl time.Duration, meanwhile func()) error
	// Revoke takes the grant back.
	Revoke func() error
	// Halt and Resume are the big switch.
	Halt, Resume func() error
}

// Run holds the carrier to the promises. It is called in a bubble of virtual
// time (package synctest), with a table on that time.
func Run(t *testing.T, carry func(t *testing.T, table *lease.Table) Carrier) {
	t.Helper()
	for _, promise := range []struct {
		name string
		keep func(t *testing.T, b bench)
	}{
		{"without a grant nothing lives", restingState},
		{"silence is off at the deadline, and wakes who sleeps", silence},
		{"a renewal keeps the lease and its channel", renewal},
		{"a revocation is off at once, and wakes who sleeps", revocation},
		{"a grant counts from when it was asked for, however late it comes", late},
		{"a grant that comes after its own end is refused", tooLate},
		{"a fresh grant after an end has a channel of its own", again},
		{"a halt is off at once, and wakes who sleeps", halt},
		{"nothing is granted while halted", halted},
		{"a grant on its way through a halt and a resume never lives", overtaken},
		{"a lease from before a halt does not live again", notAgain},
	} {
		t.Run(promise.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				table := lease.New(lease.Options{Clock: func() lease.Instant { return time.Since(start) }})
				promise.keep(t, bench{T: t, table: table, Carrier: carry(t, table)})
			})
		})
	}
}

// bench is a table and a carrier under test.
type bench struct {
	*testing.T
	Carrier

	table *lease.Table
}

func (b bench) grant(ttl time.Duration) <-chan struct{} {
	b.Helper()
	b.must("grant", b.Grant(ttl, nil))
	return b.alive()
}

func (b bench) must(what string, err error) {
	b.Helper()
	if err != nil {
		b.Fatalf("%s: %v", what, err)
	}
}

func (b bench) alive() <-chan struct{} {
	b.Helper()
	released, live := b.table.Live(Policy)
	if !live {
		b.Fatalf("the lease is not live: %v", b.table.Cause(Policy))
	}
	select {
	case <-released:
		b.Fatal("the lease is live and its channel is closed")
	default:
	}
	return released
}

func (b bench) dead() {
	b.Helper()
	if _, live := b.table.Live(Policy); live {
		b.Fatal("the lease is live")
	}
}

// wakes checks that the channel closes within the reaction time from now.
func (b bench) wakes(released <-chan struct{}) {
	b.Helper()
	timer := time.NewTimer(reaction)
	defer timer.Stop()
	select {
	case <-released:
	case <-timer.C:
		b.Fatalf("a request still sleeps after %v", reaction)
	}
}

func restingState(_ *testing.T, b bench) {
	b.dead()
	if cause := b.table.Cause(Policy); !errors.Is(cause, lease.ErrNone) {
		b.Fatalf("cause = %v, want %v", cause, lease.ErrNone)
	}
}

func silence(_ *testing.T, b bench) {
	released := b.grant(3 * time.Second)
	pass(3*time.Second - time.Nanosecond)
	b.alive()
	pass(time.Nanosecond)
	b.dead()
	b.wakes(released)
	if cause := b.table.Cause(Policy); !errors.Is(cause, lease.ErrExpired) {
		b.Fatalf("cause = %v, want %v", cause, lease.ErrExpired)
	}
}

func renewal(_ *testing.T, b bench) {
	released := b.grant(3 * time.Second)
	for range 10 {
		pass(2 * time.Second)
		if b.grant(3*time.Second) != released {
			b.Fatal("the renewal changed the channel")
		}
	}
	pass(3 * time.Second)
	b.dead()
	b.wakes(released)
}

func revocation(_ *testing.T, b bench) {
	released := b.grant(time.Minute)
	pass(time.Second)
	b.must("revoke", b.Revoke())
	b.dead()
	b.wakes(released)
}

func late(_ *testing.T, b bench) {
	b.grant(3 * time.Second)
	pass(2 * time.Second)
	b.must("grant", b.Grant(3*time.Second, func() { pass(2 * time.Second) }))
	b.alive()
	pass(time.Second)
	b.dead()
}

func tooLate(_ *testing.T, b bench) {
	if err := b.Grant(3*time.Second, func() { pass(4 * time.Second) }); err == nil {
		b.Fatal("the grant was taken")
	}
	b.dead()
}

func again(_ *testing.T, b bench) {
	first := b.grant(time.Second)
	pass(2 * time.Second)
	second := b.grant(time.Second)
	if first == second {
		b.Fatal("the channel of the lease that ended came back")
	}
	b.must("revoke", b.Revoke())
	pass(time.Second)
	if b.grant(time.Second) == second {
		b.Fatal("the channel of the lease that was revoked came back")
	}
}

func halt(_ *testing.T, b bench) {
	released := b.grant(time.Minute)
	b.must("halt", b.Halt())
	b.dead()
	b.wakes(released)
}

func halted(_ *testing.T, b bench) {
	b.must("halt", b.Halt())
	if err := b.Grant(time.Second, nil); err == nil {
		b.Fatal("the grant was taken")
	}
	b.dead()
	pass(time.Second)
	b.must("resume", b.Resume())
	b.grant(time.Second)
}

func overtaken(_ *testing.T, b bench) {
	err := b.Grant(time.Minute, func() {
		pass(time.Second)
		b.must("halt", b.Halt())
		b.must("resume", b.Resume())
	})
	if err == nil {
		b.Fatal("the grant was taken")
	}
	b.dead()
}

func notAgain(_ *testing.T, b bench) {
	released := b.grant(time.Minute)
	pass(time.Second)
	b.must("halt", b.Halt())
	b.must("resume", b.Resume())
	b.dead()
	b.wakes(released)
	pass(time.Second)
	b.dead()
}

// pass lets virtual time pass, and what it woke come to rest.
func pass(d time.Duration) {
	<-time.NewTimer(d).C
	synctest.Wait()
}
