package story

import (
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// decision is what was decided, what it rested on, and what followed at once.
func (f facts) decision() []Paragraph {
	at := f.decidedAt()
	if at.IsZero() && f.ended {
		at = f.at(f.run.EndedAt, journal.KindRunEnded)
	}
	if at.IsZero() || f.run.Verdict == "" {
		return nil
	}
	var p prose
	p.rest(f.refs(journal.KindEvidenceFrozen, journal.KindDecision)...)
	if len(p.refs) == 0 {
		p.rest(f.refs(journal.KindRunEnded)...)
	}
	p.say("%s%s, %s", capital(f.in(at)), clock(at), f.verb())
	f.ground(&p)
	if f.run.Reason != "" {
		p.say("In its own words: %s", quote(f.run.Reason))
	}
	var after prose
	f.release(&after)
	f.recovered(&after)
	return append(p.paragraphs(), after.paragraphs()...)
}

func (f facts) verb() string {
	switch f.run.Verdict {
	case verifier.Breached:
		return "the verifier called the belief breached and ended the faults."
	case verifier.Upheld:
		return "the verifier called the belief upheld."
	case verifier.NotExercised:
		return "the run ended without having tested anything."
	case verifier.Stopped:
		return "the run was stopped" + stopWords(f.run.StopReason) + "."
	case verifier.Inconclusive:
		return "time was up, and nothing was decided."
	default:
		return "the run ended."
	}
}

// stopWords says why a run was stopped.
func stopWords(reason string) string {
	switch reason {
	case "operator":
		return " by a person"
	case "blind":
		return ": the counts had stopped coming"
	case "baseline":
		return ": the promises did not hold even before the first fault"
	case "record":
		return ": the record could not be written"
	case "invalid":
		return ": the split between the arms, or the counters, were not as they ought to be"
	case "shutdown":
		return ": poise was shut down"
	case "":
		return ""
	default:
		return ": " + reason
	}
}

// ground is the evidence the verdict rests on.
func (f facts) ground(p *prose) {
	g, ok := f.strongest()
	if !ok || f.spec.Alpha <= 0 {
		return
	}
	numbers := of(verifier.Tally{Requests: g.Requests, Bad: g.Bad})
	switch f.run.Verdict {
	case verifier.Breached:
		p.say("What it knew then, and no more: %s of %s were bad by %s, and the odds against that promise stood at %s. The line is %s.",
			numbers, guardWords(g.Guard), g.Objective, odds(g.Evidence), odds(1/f.spec.Alpha))
	case verifier.Upheld:
		arm := f.arms().Fault.Tally
		p.say("What it rested on: %s faulted requests %s %s, few enough to rule out the worst we said we would tolerate.", of(arm), was(arm.Bad), f.bad())
	case verifier.Inconclusive, verifier.Stopped:
		p.say("The strongest evidence against a promise was %s, for %s over %s (%s bad); the line is %s.",
			odds(g.Evidence), g.Objective, guardWords(g.Guard), numbers, odds(1/f.spec.Alpha))
	case verifier.NotExercised:
	}
}

// strongest is the guard with most evidence against a promise.
func (f facts) strongest() (verifier.Guard, bool) {
	var (
		most verifier.Guard
		ok   bool
	)
	for _, g := range f.run.Guards {
		if !ok || g.Evidence > most.Evidence {
			most, ok = g, true
		}
	}
	return most, ok
}

// release tells when the last faulted request was done, and who was let go.
func (f facts) release(p *prose) {
	last, at := f.lastFaultAt(), f.decidedAt()
	if last.IsZero() || !f.faulted {
		return
	}
	p.rest(f.refs(journal.KindFaultLast)...)
	switch {
	case at.IsZero():
		p.say("The last fault ended %s.", f.in(last))
	case last.After(at):
		p.say("The last fault ended %s after the decision.", span(last.Sub(at)))
	default:
		p.say("No fault was in progress at the decision: the last had ended %s earlier.", span(at.Sub(last)))
	}
	if c := f.last().Counts; c.Released > 0 {
		p.rest(tickRef(f.last()))
		p.say("%s still waiting %s let go at once, unharmed; of %s drawn, they count in neither arm.",
			capital(spelled(c.Released)), was(c.Released), count(c.Released+f.arms().Fault.Requests))
	}
}

// recovered tells how long it took until the promises held again.
func (f facts) recovered(p *prose) {
	if took := f.recovery(); took > 0 {
		p.rest(f.refs(journal.KindRecovered)...)
		p.say("%s later the promises held again.", capital(span(took)))
		return
	}
	if f.run.Verdict == verifier.Breached && f.ended && f.spec.Recovery > 0 {
		p.rest(f.refs(journal.KindRunEnded)...)
		p.say("Within the %s we went on watching, the promises did not hold again.", span(f.spec.Recovery))
	}
}
