package story

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// people is what people saw, did and thought, as they put it.
func (f facts) people() []Paragraph {
	var p prose
	said := f.said()
	for i, e := range said {
		p.rest(e.ID)
		when, about := f.in(e.KnownAt), ""
		if late := e.KnownAt.Sub(e.At); late >= time.Minute {
			about = ", about what had happened " + f.in(e.At)
		}
		p.say("%s, %s%s: %s", capital(when), who(e), about, told(words(e)))
		if decided := f.decidedAt(); i == 0 && !decided.IsZero() && e.KnownAt.After(decided) && len(said) > 1 {
			p.say("The verifier had decided %s before.", span(e.KnownAt.Sub(decided)))
			p.rest(f.refs(journal.KindDecision)...)
		}
	}
	return p.paragraphs()
}

// said are the events in which people or their alerts say something, in the
// order they did.
func (f facts) said() []journal.Event {
	var said []journal.Event
	for _, e := range f.events {
		switch e.Kind {
		case journal.KindNote, journal.KindHalt, journal.KindResume:
			if e.Source != journal.SourcePerson {
				continue
			}
		case journal.KindAlert:
		default:
			continue
		}
		if words(e) != "" {
			said = append(said, e)
		}
	}
	slices.SortStableFunc(said, func(a, b journal.Event) int { return a.KnownAt.Compare(b.KnownAt) })
	return said
}

// words are what the writer of e put in words: the reason of a halt, or the
// text.
func words(e journal.Event) string {
	var data struct {
		Reason string `json:"reason"`
	}
	if _ = json.Unmarshal(e.Data, &data); data.Reason != "" {
		return data.Reason
	}
	return e.Text
}

// who names the writer of e: by name only when the writer gave one.
func who(e journal.Event) string {
	var data struct {
		By string `json:"by"`
	}
	_ = json.Unmarshal(e.Data, &data)
	name := named(data.By)
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
	if took := f.recovery(); f.run.Verdict == verifier.Breached && took > lasted && lasted > 0 {
		p.say("Getting well took %s, longer than the %s the fault lasted.", span(took), span(lasted))
		p.rest(f.refs(journal.KindFaultLast, journal.KindRecovered)...)
	}
}

// tooFew: fewer requests met the fault than were asked for.
func (f facts) tooFew(p *prose) {
	c := f.last().Counts
	if len(f.spec.Policies) != 1 || len(f.spec.Ramp) > 0 || f.alone() {
		return
	}
	eligible := max(c.Offered, c.Fault.Requests+c.Control.Requests)
	for _, n := range c.Held {
		eligible += n
	}
	asked := uint64(f.spec.Policies[0].Share * float64(eligible))
	// Those let go at the end were on their way to it, and a coin is a coin: three
	// standard deviations are no surprise.
	met := c.Delivered + c.Released
	chance := uint64(3 * math.Sqrt(float64(asked)))
	if asked < 10 || met*5 >= asked*4 || met+chance >= asked {
		return
	}
	p.say("Fewer requests met the fault than we asked for: %s, where %s would have been %s.",
		of(verifier.Tally{Requests: eligible, Bad: c.Delivered}), inWords(f.spec.Policies[0].Share), of(verifier.Tally{Requests: eligible, Bad: asked}))
	p.rest(tickRef(f.last()))
	var held []string
	for reason, n := range c.Held {
		held = append(held, fmt.Sprintf("`%s` (%s)", reason, of(verifier.Tally{Requests: eligible, Bad: n})))
	}
	if len(held) > 0 {
		slices.Sort(held)
		p.say("Held back before the coin: %s.", list(held))
	}
}

// partlyFollowed: some calls could not be tied to a request.
func (f facts) partlyFollowed(p *prose) {
	c := f.last().Counts
	if f.alone() || c.Unfollowed*100 <= c.Followed {
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
	all := f.since(f.last())
	before := f.whole(verifier.Counts{}, f.until(f.zero).Counts)
	if all.Requests == 0 {
		return nil
	}
	var p prose
	p.say("Of everybody's requests, from the first fault until we stopped watching, %s %s.", of(all), f.were(all.Bad))
	switch anyway := uint64(rate(before)*float64(all.Requests) + 0.5); {
	case before.Requests == 0:
	case all.Bad <= anyway:
		p.say("The rate before would have given as many: it cost nobody anything that shows.")
	case anyway == 0:
		p.say("At the rate before, none would have been.")
	default:
		p.say("At the rate before, about %s would have been anyway.", of(verifier.Tally{Requests: all.Requests, Bad: anyway}))
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
	p.rest(f.refs(journal.KindDecision, journal.KindRunEnded)...)
	arm := f.arms().Fault.Tally
	switch f.run.Verdict {
	case verifier.Breached:
		p.say("%s: contradicted.", f.circumstances())
		p.say("%s", attribution(f.run.Attribution, f.alone()))
		f.within(&p)
		p.say("At other rates and smaller shares: unknown.")
		if f.run.Attribution != verifier.AttributedShared {
			p.say("The belief is set aside until somebody picks it up.")
		}
	case verifier.Upheld:
		met, they := "met the fault", "faulted ones"
		if f.spec.Canary != "" {
			met, they = "reached the canary", "of its requests"
		}
		p.say("%s: upheld. %s of %s requests %s, and %s %s %s.", f.circumstances(),
			count(arm.Requests), count(arm.Requests+f.arms().Control.Requests), met, of(arm), they, f.were(arm.Bad))
		f.within(&p)
		p.say("At higher rates, larger shares and on other days: unknown.")
	case verifier.Inconclusive:
		p.say("Less than we hoped, more than nothing: %s faulted requests %s.", of(arm), f.were(arm.Bad))
		f.within(&p)
		if f.alone() {
			p.say("Judged without knowing who met the fault, a belief can be breached and never upheld.")
		}
	case verifier.NotExercised:
		f.untested(&p, arm)
	case verifier.Stopped:
		p.say("No more than before.")
		if arm.Requests > 0 {
			p.say("What was counted until then stays: %s faulted requests %s.", of(arm), f.were(arm.Bad))
		}
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
	if len(parts) == 0 {
		return "Under these circumstances"
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
	case of == verifier.AttributedFault:
		return "The fault did it: faulted requests did worse than untouched ones in the same seconds."
	case of == verifier.AttributedShared:
		return "Faulted and untouched requests suffered alike: the harm spread to everybody, or the system had an incident of its own."
	default:
		return "Whether the fault did it, these counts cannot tell."
	}
}

// within gives the interval of the fault arm, for its worst objective.
func (f facts) within(p *prose) {
	var worst verifier.Guard
	for _, g := range f.guards {
		if g.Guard == verifier.GuardFaultArm && g.Requests > 0 && g.Interval[1] > 0 && (worst.Requests == 0 || g.Evidence > worst.Evidence) {
			worst = g
		}
	}
	if worst.Requests > 0 {
		p.say("Under the fault, between %s and %s in 100 requests are bad by %s (99 in 100 sure); the belief tolerates %s.",
			perHundred(worst.Interval[0]), perHundred(worst.Interval[1]), named(worst.Objective), f.tolerated(worst.Objective))
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
		q = append(q, "What would have to change for this to stop being true, and how would we hear of it?", "Which promise do we hold as firmly and have never tested?")
	case verifier.Inconclusive:
		q = append(q, "Is a longer run worth it, or a larger share?")
	case verifier.Stopped:
		q = append(q, stopQuestion(f.run.StopReason)...)
	case verifier.NotExercised:
	}
	if len(q) == 0 {
		return nil
	}
	return []Paragraph{{Text: strings.Join(q, " ")}}
}

// stopQuestion asks about what stopped a run.
func stopQuestion(reason string) []string {
	switch reason {
	case verifier.StopOperator:
		return []string{"What did the person who stopped it see?"}
	case verifier.StopBlind:
		return []string{"What else do we not see while these counts are gone?"}
	case verifier.StopBaseline:
		return []string{"Since when has the promise not held, and who knew?"}
	default:
		return nil
	}
}

// quiet tells that no person and no alert said anything.
func (f facts) quiet() bool {
	return len(f.said()) == 0
}
