package story

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// moment is something that happened at an instant of the run.
type moment struct {
	at   time.Time
	say  string
	refs []string
}

// happened is the run in the order things happened: when the faulted requests
// left what was promised, whether untouched ones followed, and what else
// occurred meanwhile.
func (f facts) happened() []Paragraph {
	if !f.faulted || len(f.injecting()) == 0 {
		return nil
	}
	moments := append(f.excesses(), f.interruptions()...)
	slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	var p prose
	switch {
	case len(moments) == 0 && f.run.Verdict == verifier.Upheld:
		p.say("Nothing gave way.")
	case len(moments) > 0 && moments[0].at.Sub(f.zero) > 2*look:
		p.say("At first nothing showed.")
	}
	for _, m := range moments {
		p.say("%s", m.say)
		p.rest(m.refs...)
	}
	f.traffic(&p)
	f.totals(&p)
	return p.paragraphs()
}

// excesses are the moments at which a population left what it is allowed.
func (f facts) excesses() []moment {
	if f.alone() {
		all, ok := f.firstExcess(everybody)
		if !ok {
			return nil
		}
		return []moment{f.moment(all, fmt.Sprintf("%s, %s of the last %s requests %s; the promise (%s) allows %s.",
			capital(f.in(all.tick.At)), count(all.recent.Bad), count(all.recent.Requests), f.hadBeen(), named(all.objective.Name), allowed(all.objective.Allowed)))}
	}
	var moments []moment
	faulted, broke := f.firstExcess(faultArm)
	if broke {
		moments = append(moments, f.moment(faulted, fmt.Sprintf("%s, %s of the last %s faulted requests %s, where the belief tolerates %s by %s.",
			capital(f.in(faulted.tick.At)), count(faulted.recent.Bad), count(faulted.recent.Requests), f.hadBeen(), allowed(faulted.objective.Tolerance), named(faulted.objective.Name))))
	}
	control, followed := f.firstExcess(untouched)
	if !followed {
		return moments
	}
	when := capital(f.in(control.tick.At)) + ", requests nobody had touched did badly"
	switch gap := control.tick.At.Sub(faulted.tick.At); {
	case broke && gap > 0:
		when = capital(span(gap)) + " later, requests nobody had touched followed"
	case broke && gap == 0:
		when = "In the same instant, requests nobody had touched did badly too"
	}
	return append(moments, f.moment(control, fmt.Sprintf("%s: %s of the last %s, against %s before the first fault.",
		when, count(control.recent.Bad), count(control.recent.Requests), of(f.before()))))
}

func (f facts) moment(x excess, say string) moment {
	return moment{at: x.tick.At, say: say, refs: []string{tickRef(x.tick)}}
}

// allowed writes a rate that is allowed: "1 in 100", "none".
func allowed(ratio float64) string {
	if ratio <= 0 {
		return "none"
	}
	return inWords(ratio)
}

// interruptions are the other events between the start and the end of the
// faults, in their own words.
func (f facts) interruptions() []moment {
	end := f.lastFaultAt()
	if end.IsZero() {
		end = f.last().At
	}
	events := f.between(f.start, end, journal.KindDeploy, journal.KindDocumentChanged, journal.KindSourceStale, journal.KindSourceBack, journal.KindClientNack)
	var moments []moment
	for _, e := range events {
		if e.Text == "" {
			continue
		}
		moments = append(moments, moment{
			at: e.At, refs: []string{e.ID},
			say: fmt.Sprintf("%s, %s: %s%s", capital(f.in(e.At)), interruption(e.Kind), told(e.Text), learned(e)),
		})
	}
	return moments
}

func interruption(kind string) string {
	switch kind {
	case journal.KindDeploy:
		return "a deploy"
	case journal.KindDocumentChanged:
		return "a document changed"
	case journal.KindSourceStale:
		return "the counts stopped coming and new faults stopped with them"
	case journal.KindSourceBack:
		return "the counts came back"
	default:
		return "a sidecar refused what it was sent"
	}
}

// learned tells, as a sentence to follow, that something was learned late.
func learned(e journal.Event) string {
	if late := e.KnownAt.Sub(e.At); late >= time.Minute {
		return " We learned that " + span(late) + " later."
	}
	return ""
}

// traffic tells that more or fewer customers came than before.
func (f facts) traffic(p *prose) {
	before, now := f.flowBefore(), f.flowNow()
	b, n := before.perSecond(), now.perSecond()
	if min(before.requests, now.requests) < 100 || (4*n <= 5*b && 5*n >= 4*b) {
		return
	}
	direction := "fell"
	if n > b {
		direction = "rose"
	}
	p.say("Meanwhile traffic %s: about %s a second over the last %s, against %s a second before. This record does not know why.", direction, count(n), span(now.over), count(b))
}

// totals sums up both populations at the decision, or at the end.
func (f facts) totals(p *prose) {
	injecting := f.injecting()
	tick := injecting[len(injecting)-1]
	p.rest(tickRef(tick))
	if f.alone() {
		f.unfollowed(p, tick)
		return
	}
	c := tick.Counts
	_, spread := f.firstExcess(untouched)
	p.say("By %s, %s faulted requests %s.", f.end(), of(c.Fault), f.were(c.Fault.Bad))
	switch {
	case c.Control.Requests == 0:
		p.say("Every request was faulted: there are no untouched ones to compare with.")
	case spread:
		p.say("So %s %s untouched ones.", did(c.Control.Bad, f.timed()), of(c.Control))
	case f.unchanged(c.Control):
		p.say("Requests nobody touched stayed as they were: %s, against %s before the first fault.", of(c.Control), of(f.before()))
	default:
		p.say("Among requests nobody touched it was %s, against %s before the first fault.", of(c.Control), of(f.before()))
	}
}

// unchanged tells that a population did no worse than the rate before the first
// fault explains, within two standard deviations of a Poisson count.
func (f facts) unchanged(t verifier.Tally) bool {
	expected := rate(f.before()) * float64(t.Requests)
	return float64(t.Bad) <= expected+2*math.Sqrt(expected)+1
}

// unfollowed tells that the fault could not be tied to requests at the edge.
func (f facts) unfollowed(p *prose, tick verifier.Tick) {
	c := tick.Counts
	all := f.since(tick)
	p.say("The application does not pass on trace context: %s of %s calls could not be tied to the request they served, so we cannot say which requests met the fault and judged them all together.",
		count(c.Unfollowed), count(c.Unfollowed+c.Followed))
	p.say("By %s, at least %s requests since the first fault %s.", f.end(), of(all), f.were(all.Bad))
}

// end names the instant of the last tick that injected.
func (f facts) end() string {
	switch {
	case f.run.Verdict == verifier.Breached, f.run.Verdict == verifier.Upheld:
		return "the decision"
	case f.ended:
		return "the end"
	default:
		return "now"
	}
}
