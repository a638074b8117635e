package story_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// scenario is a run as a few rules say it went, second by second. It writes the
// events and ticks that such a run leaves in the record.
type scenario struct {
	name     string
	spec     verifier.Spec
	baseline int                                                  // seconds before the first fault
	before   verifier.Tally                                       // all of the baseline
	second   func(i int) (fault, control verifier.Tally)          // what the i-th second with faults adds
	inject   int                                                  // seconds with faults
	decided  time.Duration                                        // after the first fault, or after the baseline
	settle   func(i int) (control verifier.Tally)                 // what the i-th second of recovery adds
	recover  time.Duration                                        // after the decision; 0: it does not
	alone    bool                                                 // calls are not followed
	delivers func(fault uint64) (delivered uint64)                // nil: all
	end      func(run *verifier.Run)                              // verdict, reason, guards
	people   func(start, first time.Time) (extra []journal.Event) // what people add
	held     map[string]uint64
	released uint64
	lost     uint64 // calls that could not be followed, of those that could
}

func start() time.Time { return time.Date(2026, 11, 3, 14, 1, 42, 0, time.UTC) }

// slowPayment is the belief most scenarios test.
func slowPayment() verifier.Spec {
	return verifier.Spec{
		Run: "r7", Verification: "checkout-slow-payment", Hypothesis: "checkout-survives-slow-payment",
		Belief: "Checkout stays 99.5% successful and 99% under 800ms while 5% of payment calls take 400ms longer.",
		Why:    "A 350ms timeout and one retry.", Owner: "team-checkout",
		Objectives: []verifier.ObjectiveSpec{
			{Name: "availability", Listener: "ingress", Promise: "99.5% good (status <500)", Allowed: 0.005, Tolerance: 0.005},
			{Name: "latency", Listener: "ingress", Promise: "99% good (within 800ms)", Allowed: 0.01, Tolerance: 0.01, Latency: 800 * time.Millisecond},
		},
		Policies: []verifier.PolicySpec{{Name: "payment-slow", Listener: "egress-payment", Share: 0.05, Fault: "delay 400ms", Longest: 400 * time.Millisecond}},
		Baseline: 30 * time.Second, Duration: 5 * time.Minute, Recovery: 30 * time.Second, Interval: time.Second, Lease: 3 * time.Second,
		Alpha: 0.01, Beta: 0.05, MinBad: 3,
	}
}

// record plays the scenario into events and ticks.
func (s scenario) record(t *testing.T) ([]journal.Event, []json.RawMessage) {
	t.Helper()
	p := player{t: t, s: s, run: verifier.Run{ID: s.spec.Run, Verification: s.spec.Verification, Hypothesis: s.spec.Hypothesis, State: verifier.StateDone, StartedAt: start()}}
	p.counts.Objectives = make([]verifier.ObjectiveCounts, len(s.spec.Objectives))
	p.play()
	return p.seal(), p.ticks
}

type player struct {
	t      *testing.T
	s      scenario
	run    verifier.Run
	counts verifier.Counts
	events []journal.Event
	ticks  []json.RawMessage
}

func (p *player) play() {
	first := start().Add(time.Duration(p.s.baseline) * time.Second)
	p.event(start(), journal.KindRunStarted, "Run r7 of checkout-slow-payment started.", p.s.spec)
	var done verifier.Tally
	for i := range p.s.baseline {
		n := uint64(i + 1)
		now := verifier.Tally{Requests: p.s.before.Requests * n / uint64(p.s.baseline), Bad: p.s.before.Bad * n / uint64(p.s.baseline)}
		p.add(verifier.Tally{}, verifier.Tally{}, verifier.Tally{Requests: now.Requests - done.Requests, Bad: now.Bad - done.Bad})
		done = now
		p.counts.BeforeDrawn = p.counts.Before.Requests * 51 / 1000
		p.tick(start().Add(time.Duration(i+1)*time.Second), verifier.StateBaseline)
	}
	if p.s.inject > 0 {
		p.event(first, journal.KindBaselineHeld, "The baseline held.", nil)
		p.event(first, journal.KindPolicyArmed, "payment-slow is about to inject: delay 400ms on 5 in 100.", nil)
		p.event(first, journal.KindFaultFirst, "The first fault began.", nil)
		p.run.FirstFaultAt, p.counts.FirstFault = first, first
	}
	for i := range p.s.inject {
		fault, control := p.s.second(i)
		p.add(fault, control, verifier.Tally{})
		at := first.Add(time.Duration(i+1) * time.Second)
		p.counts.LastFault = at
		p.tick(at, verifier.StateInjecting)
	}
	p.finish(first)
}

func (p *player) finish(first time.Time) {
	at := first.Add(time.Duration(p.s.inject) * time.Second)
	if p.s.decided > 0 || p.s.inject == 0 {
		p.run.DecidedAt = first.Add(p.s.decided)
		p.s.end(&p.run)
		r := p.run
		p.event(r.DecidedAt, journal.KindDecision, string(r.Verdict)+": "+r.Reason,
			verifier.Decision{Verdict: r.Verdict, Attribution: r.Attribution, StopReason: r.StopReason, Reason: r.Reason, Guards: r.Guards})
		at = p.run.DecidedAt
	}
	p.counts.Released = p.s.released
	if p.s.inject > 0 {
		p.run.LastFaultedAt = at.Add(12 * time.Millisecond)
		p.event(p.run.LastFaultedAt, journal.KindFaultLast, "The last fault ended.", nil)
	}
	for i := range 30 {
		if p.s.settle != nil {
			p.add(verifier.Tally{}, p.s.settle(i), verifier.Tally{})
		}
		if p.s.inject > 0 {
			p.tick(at.Add(time.Duration(i+1)*time.Second), verifier.StateRecovering)
		}
	}
	if p.s.recover > 0 {
		p.event(p.run.DecidedAt.Add(p.s.recover+time.Second), journal.KindRecovered, "Every promise was kept again.", verifier.Recovered{After: verifier.Seconds(p.s.recover)})
		p.run.Recovery = verifier.Seconds(p.s.recover)
	}
	p.run.EndedAt = at
	if p.s.inject > 0 {
		p.run.EndedAt = at.Add(30 * time.Second)
	}
	p.run.Arms = verifier.Arms{Fault: verifier.FaultArm{Tally: p.counts.Fault, Delivered: p.counts.Delivered}, Control: p.counts.Control, Before: p.counts.Before}
	p.event(p.run.EndedAt, journal.KindRunEnded, "Run r7 ended: "+string(p.run.Verdict)+".", p.run)
	if p.s.people != nil {
		p.events = append(p.events, p.s.people(start(), first)...)
	}
}

// add counts one more second. Bad requests are bad by latency; a third of them
// by availability too. Recovery counts in no arm, only in all.
func (p *player) add(fault, control, before verifier.Tally) {
	c := &p.counts
	recovering := !p.run.LastFaultedAt.IsZero()
	for i := range c.Objectives {
		scale := func(t verifier.Tally) verifier.Tally {
			if i == 0 {
				t.Bad /= 3
			}
			return t
		}
		o := &c.Objectives[i]
		for _, part := range []verifier.Tally{fault, control, before} {
			o.All = sum(o.All, scale(part))
		}
		if p.s.alone || recovering {
			continue
		}
		o.Fault, o.Control, o.Before = sum(o.Fault, scale(fault)), sum(o.Control, scale(control)), sum(o.Before, scale(before))
	}
	delivered := fault.Requests
	if p.s.delivers != nil {
		delivered = p.s.delivers(fault.Requests)
	}
	c.Delivered += delivered
	c.DelaySum += time.Duration(delivered) * 401 * time.Millisecond
	c.Held = p.s.held
	if p.s.alone {
		c.Unfollowed += fault.Requests + control.Requests + before.Requests
		return
	}
	c.Unfollowed = p.s.lost
	c.Followed += fault.Requests + control.Requests + before.Requests
	if recovering {
		return
	}
	c.Fault, c.Control, c.Before = sum(c.Fault, fault), sum(c.Control, control), sum(c.Before, before)
}

func sum(a, b verifier.Tally) verifier.Tally {
	return verifier.Tally{Requests: a.Requests + b.Requests, Bad: a.Bad + b.Bad}
}

func (p *player) tick(at time.Time, state verifier.State) {
	p.counts.At = at
	data, err := json.Marshal(verifier.Tick{Seq: len(p.ticks) + 1, At: at, State: state, Counts: p.counts})
	if err != nil {
		p.t.Fatal(err)
	}
	p.ticks = append(p.ticks, data)
}

func (p *player) event(at time.Time, kind, text string, data any) {
	e := journal.Event{At: at, KnownAt: at.Add(time.Millisecond), Source: journal.SourceVerifier, Kind: kind, Run: p.s.spec.Run, Text: text}
	if data != nil {
		raw, err := json.Marshal(data)
		if err != nil {
			p.t.Fatal(err)
		}
		e.Data = raw
	}
	p.events = append(p.events, e)
}

// seal chains the events as a store would.
func (p *player) seal() []journal.Event {
	var last journal.Mark
	sealed := make([]journal.Event, 0, len(p.events))
	for _, e := range p.events {
		if e.KnownAt.IsZero() {
			e.KnownAt = e.At
		}
		e, err := last.Seal(e)
		if err != nil {
			p.t.Fatal(err)
		}
		sealed, last = append(sealed, e), e.Mark()
	}
	return sealed
}
