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
	if f.run.Verdict == verifier.Breached && ok && f.spec.Alpha > 0 {
		p.say("What it knew then, and no more: by %s, %s %s were bad. The odds against that promise stood at %s; all promises weighed together, they had passed the %s we agreed on.",
			named(g.Objective), of(verifier.Tally{Requests: g.Requests, Bad: g.Bad}), among(g.Guard), odds(g.Evidence), odds(1/f.spec.Alpha))
		return
	}
	if f.run.Reason != "" {
		p.say("In its own words: %s", told(f.run.Reason))
	}
}

// strongest is the guard with most evidence against a promise, of those with
// enough bad requests to count.
func (f facts) strongest() (verifier.Guard, bool) {
	var (
		most verifier.Guard
		ok   bool
	)
	for _, g := range f.guards {
		if g.Bad >= f.spec.MinBad && (!ok || g.Evidence > most.Evidence) {
			most, ok = g, true
		}
	}
	return most, ok
}

// among names the requests a guard looks at.
func among(guard string) string {
	if guard == verifier.GuardGlobal {
		return "requests"
	}
	return "faulted requests"
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
		p.say("%s of %s drawn requests %s still waiting: let go at once, unharmed, counted in neither arm.",
			count(c.Released), count(c.Released+f.arms().Fault.Requests), was(c.Released))
	}
}

// recovered tells how long it took until the promises held again.
func (f facts) recovered(p *prose) {
	switch took := f.recovery(); {
	case f.run.Verdict != verifier.Breached:
	case took > 0:
		p.rest(f.refs(journal.KindRecovered)...)
		p.say("%s after the decision every promise held again.", capital(span(took)))
	case f.ended && f.spec.Recovery > 0:
		p.rest(f.refs(journal.KindRunEnded)...)
		p.say("Within the %s we went on watching, the promises did not hold again.", span(f.spec.Recovery))
	}
}
