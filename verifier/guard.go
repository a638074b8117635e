package verifier

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/poise-dev/poise/verifier/stats"
)

// intervalAlpha is the error of the intervals people see: 99%.
const intervalAlpha = 0.01

// guard is one test of one objective, as it stands.
type guard struct {
	objective *objective
	kind      string
	rise      rise
	counts    ObjectiveCounts
	evidence  stats.Evidence
}

// tally returns the requests the guard is about.
func (g guard) tally() Tally {
	if g.kind == GuardGlobal {
		return g.counts.All
	}
	return g.counts.Fault
}

// limit returns the bad rate the guard lets pass. That of the comparison moves
// with control.
func (g guard) limit() float64 {
	switch g.kind {
	case GuardGlobal:
		return g.objective.Allowed
	case GuardComparison:
		return g.objective.Ratio*rate(g.counts.Control) + g.objective.Margin
	default:
		return g.objective.Tolerance
	}
}

// tests returns every guard, as it stands: global ones always, those of the
// arms while there are arms.
func (j *Judge) tests() []guard {
	var all []guard
	for i, o := range j.objectives {
		add := func(kind string, log float64, r rise) {
			all = append(all, guard{
				objective: o, kind: kind, rise: r, counts: j.counts.Objectives[i],
				evidence: stats.Evidence{Weight: o.share(kind), Log: log},
			})
		}
		add(GuardGlobal, o.global.test.Log(), o.global.rise)
		if j.armless() {
			continue
		}
		add(GuardFaultArm, o.faultArm.test.Log(), o.faultArm.rise)
		if o.comparable() {
			add(GuardComparison, o.compared.test.Log(), o.compared.rise)
		}
	}
	return all
}

// guards returns what people see of the tests.
func (j *Judge) guards() []Guard {
	var all []Guard
	for _, g := range j.tests() {
		seen := g.tally()
		low, high := stats.Interval(batch(seen), intervalAlpha)
		all = append(all, Guard{
			Objective: g.objective.Name, Guard: g.kind, Evidence: shown(g.evidence.Log),
			Requests: seen.Requests, Bad: seen.Bad, Interval: [2]float64{low, high},
		})
	}
	return all
}

// evidence folds new counts, and decides when they prove something.
func (j *Judge) evidence() *Decision {
	if !j.fresh {
		return nil
	}
	injecting := j.phase() == StateInjecting
	j.cluster()
	for i, o := range j.objectives {
		o.add(j.before.Objectives[i], j.counts.Objectives[i], j.tick.Elapsed, injecting)
	}
	if d := j.breach(); d != nil {
		return d
	}
	if injecting {
		j.climb()
		return j.uphold()
	}
	return nil
}

// breach decides when the combined evidence of the guards, each with at least
// minBad bad requests, reaches 1/alpha. A guard is named as broken only when it
// reaches the line alone, at its weight; otherwise the strongest is told beside
// what they show together.
func (j *Judge) breach() *Decision {
	guards := slices.DeleteFunc(j.tests(), func(g guard) bool {
		return g.evidence.Weight == 0 || g.tally().Bad < j.spec.MinBad
	})
	if combined(guards) < stats.Line(j.spec.Alpha) {
		return nil
	}
	worst := slices.MaxFunc(guards, func(a, b guard) int { return cmp.Compare(a.evidence.Log, b.evidence.Log) })
	reason := j.breachSentence(worst, worst.evidence.Names(j.spec.Alpha))
	if j.phase() == StateBaseline {
		return stopped(StopBaseline, reason)
	}
	attribution := j.attribute()
	if attribution == AttributedShared && j.spec.Canary != "" {
		return &Decision{Verdict: Inconclusive, Attribution: attribution, Reason: "Both versions fail alike, so nothing is known of the canary: " + reason}
	}
	return &Decision{Verdict: Breached, Attribution: attribution, Reason: reason}
}

// combined returns the log e of the guards together.
func combined(guards []guard) float64 {
	evidence := make([]stats.Evidence, len(guards))
	for i, g := range guards {
		evidence[i] = g.evidence
	}
	return stats.Combine(evidence)
}

// breachSentence says what was seen, with numbers and denominators: those of
// the whole run, or of its end where a good beginning hides the harm.
func (j *Judge) breachSentence(worst guard, named bool) string {
	seen := tallySentence(worst, "")
	if rate(worst.tally()) <= worst.limit() {
		worst.counts = lately(worst.rise.since, worst.counts)
		seen = tallySentence(worst, " of the last "+inSeconds(j.tick.Elapsed-worst.rise.at))
	}
	if !named {
		seen = "No promise shows it alone, all together do; the strongest is " + seen
	}
	after := fmt.Sprintf("after %s without any fault", inSeconds(j.tick.Elapsed))
	if j.spec.Canary != "" {
		after = "after " + inSeconds(j.tick.Elapsed)
	}
	if first := j.counts.FirstFault; !first.IsZero() {
		after = fmt.Sprintf("after %s of faults", inSeconds(j.tick.At.Sub(first)))
	}
	return fmt.Sprintf("%s. Evidence against the belief reached 1/alpha = %s %s.", seen, number(1/j.spec.Alpha), after)
}
