package story

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// people is what people saw, did and thought, as they put it.
func (f facts) people() []Paragraph {
	var p prose
	var first time.Time
	for _, e := range f.events {
		switch {
		case e.Text == "":
			continue
		case e.Kind == journal.KindNote, e.Kind == journal.KindAlert, (e.Kind == journal.KindHalt || e.Kind == journal.KindResume) && e.Source == journal.SourcePerson:
		default:
			continue
		}
		p.say("%s, %s: %s%s", capital(f.in(e.At)), who(e), quote(e.Text), learned(e))
		p.rest(e.ID)
		if first.IsZero() || e.At.Before(first) {
			first = e.At
		}
	}
	if decided := f.decidedAt(); !first.IsZero() && !decided.IsZero() && first.After(decided) {
		p.say("The first of these came %s after the decision.", span(first.Sub(decided)))
		p.rest(f.refs(journal.KindDecision)...)
	}
	return p.paragraphs()
}

// who names the writer of e: by name only when the writer gave one.
func who(e journal.Event) string {
	var data struct {
		By string `json:"by"`
	}
	_ = json.Unmarshal(e.Data, &data)
	name := data.By
	switch {
	case e.Kind == journal.KindAlert:
		return "an alert"
	case name == "":
		name = "somebody"
	}
	switch e.Kind {
	case journal.KindHalt:
		return name + " halted everything"
	case journal.KindResume:
		return name + " resumed"
	default:
		return name + " noted"
	}
}

// surprised are the things that nobody would have guessed, each only when it is
// true.
func (f facts) surprised() []Paragraph {
	var p prose
	if !f.faulted {
		return nil
	}
	f.outside(&p)
	f.slowRecovery(&p)
	f.tooFew(&p)
	f.partlyFollowed(&p)
	return p.paragraphs()
}

// outside: the harm was mostly among requests nobody touched.
func (f facts) outside(p *prose) {
	c := f.last().Counts
	if f.alone() {
		return
	}
	inside, beyond := f.beyondBefore(c.Fault), f.beyondBefore(c.Control)
	if beyond <= inside || beyond < 1 {
		return
	}
	harmed := c.Fault.Bad + c.Control.Bad
	p.say("Most of the harm fell on requests nobody had touched: %s bad requests were untouched ones.", of(verifier.Tally{Requests: harmed, Bad: c.Control.Bad}))
	if len(f.spec.Policies) == 1 && f.spec.Policies[0].Share < 1 {
		p.say("The fault was on %s. The effect was on everyone.", inWords(f.spec.Policies[0].Share))
	}
	p.rest(tickRef(f.last()))
}

// beyondBefore is how many of t were bad beyond what the rate before the first
// fault makes likely.
func (f facts) beyondBefore(t verifier.Tally) float64 {
	return float64(t.Bad) - rate(f.before())*float64(t.Requests)
}

// slowRecovery: getting well took longer than the fault lasted.
func (f facts) slowRecovery(p *prose) {
	lasted := f.lastFaultAt().Sub(f.zero)
	if took := f.recovery(); took > lasted && lasted > 0 {
		p.say("Getting well took %s, longer than the %s the fault lasted.", span(took), span(lasted))
		p.rest(f.refs(journal.KindFaultLast, journal.KindRecovered)...)
	}
}

// tooFew: fewer requests met the fault than were asked for.
func (f facts) tooFew(p *prose) {
	c := f.last().Counts
	if len(f.spec.Policies) != 1 || f.alone() {
		return
	}
	offered := c.Fault.Requests + c.Control.Requests
	asked := uint64(f.spec.Policies[0].Share * float64(offered))
	if asked < 10 || c.Delivered*5 >= asked*4 {
		return
	}
	p.say("Fewer requests met the fault than we asked for: %s of %s, where %s would have been %s of %s.",
		count(c.Delivered), count(offered), inWords(f.spec.Policies[0].Share), count(asked), count(offered))
	p.rest(tickRef(f.last()))
	var held []string
	for reason, n := range c.Held {
		held = append(held, fmt.Sprintf("`%s` (%s of %s)", reason, count(n), count(n+offered)))
	}
	if len(held) > 0 {
		slices.Sort(held)
		p.say("Held back by %s.", list(held))
	}
}

// partlyFollowed: some calls could not be tied to a request.
func (f facts) partlyFollowed(p *prose) {
	c := f.last().Counts
	if c.Unfollowed == 0 || c.Followed == 0 || c.Unfollowed*100 < c.Followed {
		return
	}
	p.say("%s of %s calls could not be tied to the request they served, and were left alone.", count(c.Unfollowed), count(c.Unfollowed+c.Followed))
	p.rest(tickRef(f.last()))
}

// cost is the number of bad requests since the first fault, beside how many
// would have been bad anyway.
func (f facts) cost() []Paragraph {
	if !f.faulted || len(f.ticks) == 0 {
		return nil
	}
	c := f.last().Counts
	all, atLeast := plus(c.Fault, c.Control), ""
	if f.alone() {
		all, atLeast = minus(f.whole(c), f.whole(f.until(f.zero).Counts)), "At least "
	}
	if all.Requests == 0 {
		return nil
	}
	var p prose
	p.say("%s%s requests since the first fault %s %s.", atLeast, of(all), was(all.Bad), f.bad())
	if before := f.before(); before.Requests > 0 && all.Bad > 0 {
		anyway := min(uint64(rate(before)*float64(all.Requests)+0.5), all.Bad)
		p.say("At the rate of the minute before, about %s would have been anyway.", of(verifier.Tally{Requests: all.Requests, Bad: anyway}))
	}
	p.rest(tickRef(f.last()))
	return p.paragraphs()
}

// known is what this run adds to what we know, and where that ends.
func (f facts) known() []Paragraph {
	if f.run.Verdict == "" {
		return nil
	}
	var p prose
	p.rest(f.refs(journal.KindRunEnded)...)
	arm := f.arms().Fault.Tally
	switch f.run.Verdict {
	case verifier.Breached:
		p.say("%s: contradicted.", f.circumstances())
		p.say("%s", attribution(f.run.Attribution, f.alone()))
		p.say("At other rates and smaller shares: unknown.")
		if f.run.Attribution != "shared" {
			p.say("The belief is set aside until somebody picks it up.")
		}
	case verifier.Upheld:
		p.say("%s: upheld, on %s faulted requests.", f.circumstances(), count(arm.Requests)+" of "+count(arm.Requests+f.arms().Control.Requests))
		p.say("At higher rates, larger shares and on other days: unknown.")
	case verifier.Inconclusive:
		p.say("Less than we hoped, more than nothing: %s faulted requests %s %s.", of(arm), was(arm.Bad), f.bad())
		f.within(&p)
		if f.alone() {
			p.say("Judged without knowing who met the fault, a belief can be breached and never upheld.")
		}
	case verifier.NotExercised:
		f.untested(&p, arm)
	case verifier.Stopped:
		p.say("No more than before. What was counted until then stays: %s faulted requests %s %s.", of(arm), was(arm.Bad), f.bad())
	}
	return p.paragraphs()
}

// circumstances says where the verdict holds: "At about 120 requests a second,
// with `delay 400ms` on 5 in 100 payment calls".
func (f facts) circumstances() string {
	var parts []string
	for _, policy := range f.spec.Policies {
		parts = append(parts, fmt.Sprintf("`%s` on %s %s", policy.Fault, inWords(policy.Share), calls(policy)))
	}
	with := "with " + list(parts)
	per := f.flowNow().perSecond()
	if per == 0 {
		per = f.flowBefore().perSecond()
	}
	if per == 0 {
		return capital(with)
	}
	return fmt.Sprintf("At about %s requests a second, %s", count(per), with)
}

func attribution(of string, alone bool) string {
	switch {
	case alone:
		return "Whether the fault did it, we cannot tell: nobody knows which requests met it."
	case of == "fault":
		return "The fault did it: faulted requests did worse than untouched ones in the same seconds."
	case of == "shared":
		return "Faulted and untouched requests suffered alike, so this run cannot lay it on the fault."
	default:
		return "Whether the fault did it, these counts cannot tell."
	}
}

// within gives the interval of the fault arm.
func (f facts) within(p *prose) {
	for _, g := range f.run.Guards {
		if g.Guard == "fault-arm" && g.Requests > 0 && g.Interval[1] > 0 {
			p.say("By %s, their true bad rate lies between %s and %s in 100; the belief tolerates %s.",
				g.Objective, perHundred(g.Interval[0]), perHundred(g.Interval[1]), f.tolerated(g.Objective))
			return
		}
	}
}

func (f facts) tolerated(objective string) string {
	for _, o := range f.spec.Objectives {
		if o.Name == objective {
			return allowed(o.Tolerance)
		}
	}
	return "less"
}

// untested says what was missing.
func (f facts) untested(p *prose, arm verifier.Tally) {
	p.say("Nothing that we did not know before. This is not a pass.")
	if enough := f.enough(); enough > 0 && arm.Requests < enough {
		p.say("We had %s of the %s faulted requests that any conclusion needs.", none(arm.Requests), count(enough))
	}
}

func none(n uint64) string {
	if n == 0 {
		return "none"
	}
	return count(n)
}

// room are the questions that are left, for people to answer.
func (f facts) room() []Paragraph {
	var q []string
	_, spread := f.firstExcess(untouched)
	switch {
	case f.run.Verdict == "":
		return nil
	case f.alone():
		q = append(q, "Where does the trace context end, and who would carry it on?")
	case f.run.Verdict == verifier.NotExercised:
		q = append(q, "Who uses this path, and when?", "What would tell us if it had stopped being used?")
	case f.run.Verdict == verifier.Breached && spread:
		q = append(q, "What do faulted and untouched requests share: a pool, a queue, a lock?")
	}
	switch f.run.Verdict {
	case verifier.Breached:
		if f.spec.Why != "" {
			q = append(q, "We trusted "+quote(strings.TrimSuffix(f.spec.Why, "."))+": what did it do here?")
		}
		if f.quiet() {
			q = append(q, "Who would have noticed without this run, and how soon?")
		}
	case verifier.Upheld:
		q = append(q, "What would have to change for this to stop being true, and how would we hear of it?", "Which promise do we hold just as firmly and have never tested?")
	case verifier.Inconclusive:
		q = append(q, "Is a longer run worth it, or a larger share, or a quieter question?")
	case verifier.Stopped:
		q = append(q, "What did the person who stopped it see?")
	case verifier.NotExercised:
	}
	return []Paragraph{{Text: strings.Join(q, " ")}}
}

// quiet tells that no person and no alert said anything.
func (f facts) quiet() bool {
	return !slices.ContainsFunc(f.events, func(e journal.Event) bool {
		return e.Kind == journal.KindNote || e.Kind == journal.KindAlert
	})
}
