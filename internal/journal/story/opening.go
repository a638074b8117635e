package story

import (
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// believed is the belief, why it was trusted, and what would disprove it.
func (f facts) believed() []Paragraph {
	if f.spec.Belief == "" {
		return nil
	}
	var p prose
	p.say("%s", quote(f.spec.Belief))
	if f.spec.Why != "" {
		p.say("What we trusted: %s", quote(f.spec.Why))
	}
	var promises []string
	for _, i := range f.deciding() {
		if o := f.spec.Objectives[i]; o.Promise != "" {
			promises = append(promises, named(o.Name)+", "+quote(o.Promise))
		}
	}
	if len(promises) > 0 {
		p.say("In numbers: %s.", list(promises))
	}
	if f.spec.Alpha > 0 {
		p.say("Before we began, we agreed on what would change our mind: evidence of %s against them, weighed together, from at least %s bad %s. A belief that is true meets that in at most %s runs.",
			odds(1/f.spec.Alpha), count(f.spec.MinBad), plural(f.spec.MinBad), inWords(f.spec.Alpha))
	}
	p.rest(f.refs(journal.KindRunStarted)...)
	return p.paragraphs()
}

func plural(n uint64) string {
	if n == 1 {
		return "request"
	}
	return "requests"
}

// ordinary is the baseline: what the same system does when nobody touches it.
func (f facts) ordinary() []Paragraph {
	until := f.zero
	if !f.faulted {
		until = f.at(f.decidedAt(), journal.KindRunEnded)
	}
	took := until.Sub(f.start)
	if len(f.ticks) == 0 || took <= 0 || f.spec.Canary != "" {
		return nil // two versions are compared with each other, not with a time before
	}
	var p prose
	for _, e := range f.between(time.Time{}, f.start, journal.KindDeploy) {
		if e.Text != "" {
			p.say("%s, a deploy: %s", capital(f.in(e.At)), told(e.Text))
			p.rest(e.ID)
		}
	}
	p.rest(f.refs(journal.KindRunStarted, journal.KindBaselineHeld)...)
	before := f.before()
	last := f.until(until)
	p.rest(tickRef(last))
	switch {
	case !f.faulted && before.Requests == 0:
		p.say("For %s we watched, and no request came.", span(took))
		return p.paragraphs()
	case !f.faulted:
		p.say("For %s we watched and touched nothing.", span(took))
	case before.Requests == 0:
		p.say("For %s before the first fault we watched, and no request came.", span(took))
		return p.paragraphs()
	default:
		p.say("For %s before the first fault we watched and touched nothing.", span(took))
	}
	per := flow{requests: before.Requests, over: took}.perSecond()
	if per > 0 {
		p.say("About %s requests came each second; %s %s.", count(per), of(before), f.were(before.Bad))
	} else {
		p.say("Requests came now and then; %s %s.", of(before), f.were(before.Bad))
	}
	if drawn := last.Counts.BeforeDrawn; drawn > 0 && !f.alone() {
		p.say("We tossed the coin all the same, as a rehearsal: it chose %s, and nothing was done to them.", of(verifier.Tally{Requests: before.Requests, Bad: drawn}))
	}
	return p.paragraphs()
}

// changed is the fault: what, for how many, under which permission, and whether
// it really arrived.
func (f facts) changed() []Paragraph {
	if len(f.spec.Policies) == 0 {
		return nil
	}
	var p prose
	for _, policy := range f.spec.Policies {
		verb := "failed"
		if slows(policy) {
			verb = "slowed down"
		}
		if f.faulted {
			p.say("We %s %s %s: `%s`.", verb, inWords(policy.Share), calls(policy), policy.Fault)
		} else {
			p.say("We meant to have %s %s %s: `%s`.", verb, inWords(policy.Share), calls(policy), policy.Fault)
		}
	}
	p.rest(f.refs(journal.KindPolicyArmed, journal.KindLeaseGranted, journal.KindFaultFirst)...)
	if !f.faulted {
		p.rest(f.refs(journal.KindRunStarted)...)
		p.say("It never came to that.")
		return p.paragraphs()
	}
	p.say("The first request met the fault %s into the run%s.", span(f.zero.Sub(f.start)), clock(f.zero))
	if f.spec.Lease > 0 {
		p.say("Permission was a lease of %s, renewed only while the evidence was good, and for %s at most.", span(f.spec.Lease), span(f.spec.Duration))
	}
	f.delivered(&p)
	return p.paragraphs()
}

// delivered tells whether the fault reached those it was meant for.
func (f facts) delivered(p *prose) {
	arm, c := f.arms().Fault, f.last().Counts
	if f.alone() && c.Delivered > 0 {
		p.say("%s of %s matching calls, counted from the start of the run, met it in full.", count(c.Delivered), count(c.Followed+c.Unfollowed))
		p.rest(tickRef(f.last()))
	}
	if arm.Requests == 0 {
		return
	}
	p.rest(tickRef(f.last()))
	all := count(arm.Delivered) + " of " + count(arm.Requests) + " faulted requests"
	switch arm.Delivered {
	case arm.Requests:
		all = "All of the " + count(arm.Requests) + " faulted requests"
	case 0:
		all = "None of the " + count(arm.Requests) + " faulted requests"
	}
	if arm.Delivered > 0 && c.DelaySum > 0 {
		p.say("%s met it in full, and waited %s longer on average.", all, span(c.DelaySum/time.Duration(arm.Delivered))) //nolint:gosec // a count of requests
		return
	}
	p.say("%s met it in full.", all)
}
