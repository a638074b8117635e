package verifier

import (
	"fmt"
	"math"
	"time"

	"github.com/poise-dev/poise/verifier/stats"
)

// allow settles what the run may cost, when the baseline has shown how many
// requests come: for the objective with the least,
//
//	min(spend · budget - what earlier runs have spent, (1 - reserve) · budget - what fails anyway)
//
// where the budget is allowed · requests of a window. It says, too, when a
// verdict can be reached.
func (j *Judge) allow() {
	if j.spec.Budget == nil {
		return
	}
	b, share := j.spec.Budget, j.share()
	j.allowance = math.Inf(1)
	longest := time.Duration(0)
	for i, o := range j.objectives {
		if o.Advisory {
			continue
		}
		all := j.counts.Objectives[i].All
		perSecond := float64(all.Requests) / max(j.tick.Elapsed.Seconds(), 1)
		budget := stats.ErrorBudget{Allowed: o.Allowed, Requests: perSecond * b.Window.Seconds()}
		budget.Bad = rate(all) * budget.Requests
		j.allowance = min(j.allowance, b.Spend*budget.Total()-b.Spent, budget.Remaining()-b.Reserve*budget.Total())
		seconds := stats.SecondsToUphold(perSecond*share, rate(all), o.Tolerance, j.spec.Beta)
		longest = max(longest, time.Duration(min(seconds, maxSeconds)*float64(time.Second)))
	}
	j.happened(Event{Kind: KindNote, Data: Reachable{Share: share, After: Seconds(longest), Allowance: shownAllowance(j.allowance)}, Text: reachableSentence(share, longest, j.allowance)})
}

// maxSeconds is more than any run lasts: ten years.
const maxSeconds = 10 * 365 * 86400

func shownAllowance(a float64) float64 { return max(0, min(a, most)) }

func reachableSentence(share float64, after time.Duration, allowance float64) string {
	needs := "a verdict for the belief is out of reach: it fails too often anyway"
	if after < maxSeconds*time.Second {
		needs = "a verdict for the belief needs " + roughly(after)
	}
	return fmt.Sprintf("At %s, %s; it may cost %.0f bad requests.", percent(share), needs, shownAllowance(allowance))
}

// roughly writes a time for a sentence, with as much of it as people want to
// know: "about 4 hours".
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("about %.0f seconds", max(d.Seconds(), 1))
	case d < 2*time.Hour:
		return fmt.Sprintf("about %.0f minutes", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("about %.0f hours", d.Hours())
	default:
		return fmt.Sprintf("about %.0f days", d.Hours()/24)
	}
}

// spent returns what the fault has cost so far: bad requests of the fault arm
// beyond what the rate of control would have given, for the objective that lost
// most.
func (j *Judge) spent() float64 {
	spent := 0.0
	for i, o := range j.objectives {
		c := j.counts.Objectives[i]
		if !o.Advisory {
			spent = max(spent, float64(c.Fault.Bad)-rate(c.Control)*float64(c.Fault.Requests))
		}
	}
	return spent
}

// budget stops the run when less than one more bad request may be spent. In the
// data plane the same bound is a hard one: a lease allows no more faults than
// that, were all of them to fail.
func (j *Judge) budget() *Decision {
	if j.spec.Budget == nil || j.phase() == StateBaseline || j.allowance-j.spent() >= 1 {
		return nil
	}
	return stopped(StopBudget, fmt.Sprintf("The error budget that may be spent is spent: %s bad requests by this run, and %s were left.",
		number(j.spent()), number(shownAllowance(j.allowance))))
}

// faults returns how many requests may meet the fault until the next renewal.
func (j *Judge) faults() int64 {
	if j.spec.Budget == nil || math.IsInf(j.allowance, 1) {
		return 0
	}
	pending := uint64(0)
	for _, c := range j.counts.Objectives {
		pending = max(pending, c.Pending)
	}
	left := math.Floor(j.allowance - j.spent() - float64(pending))
	if left < 1 {
		return -1
	}
	return int64(min(left, math.MaxInt32))
}
