package verifier

import (
	"fmt"
	"time"

	"github.com/poise-dev/poise/verifier/stats"
)

// armless says that there are no arms: most of the calls that could have met
// the fault cannot be tied to a request at the edge.
func (j *Judge) armless() bool { return j.counts.Unfollowed > j.counts.Followed }

const armlessSentence = "Most calls cannot be tied to the request they belong to, because the application " +
	"does not pass trace context on: the whole route is judged, which can break the belief and never uphold it."

// noteArmless says so in the timeline, once.
func (j *Judge) noteArmless() {
	if j.armless() && !j.noted {
		j.noted = true
		j.happened(Event{Kind: KindNote, Text: armlessSentence})
	}
}

// noteTautology says, once, when a promise is measured where a fault answers in
// place of the upstream: what the caller of that listener sees then is the fault
// itself, and not how anybody coped with it.
func (j *Judge) noteTautology() {
	for _, o := range j.objectives {
		for _, p := range j.spec.Policies {
			if p.Aborts && !o.Advisory && (p.Listener == "" || p.Listener == o.Listener) {
				j.happened(Event{Kind: KindNote, Text: fmt.Sprintf(
					"%s is measured where %s answers in place of the upstream: its aborts count as they are, and %s of them are tolerated. "+
						"To learn whether callers cope, measure at the edge they call.", o.Name, p.Name, percent(o.Tolerance))})
				return
			}
		}
	}
}

// unexercised says why the hypothesis has not been tested, or nothing.
func (j *Judge) unexercised() string {
	c := j.tested()
	least := uint64(0)
	for i, o := range j.objectives {
		if o.Advisory {
			continue
		}
		n := j.thick(stats.LeastFaulted(o.Tolerance, j.spec.Beta))
		least = max(least, n)
		if got := c.Objectives[i].Fault.Requests; got < n {
			return fmt.Sprintf("%s: %d requests %s; with fewer than %d, %s cannot be told from more",
				o.Name, got, j.spec.met(), n, percent(o.Tolerance))
		}
	}
	if len(j.spec.Policies) == 0 || j.spec.Canary != "" {
		return "" // the versions are compared, whatever fault they meet
	}
	if c.Delivered*2 < c.Fault.Requests {
		return fmt.Sprintf("only %d of %d drawn requests met their fault", c.Delivered, c.Fault.Requests)
	}
	if c.Delivered < least {
		return fmt.Sprintf("%d requests met their fault to the end, and %d are needed", c.Delivered, least)
	}
	return j.undelayed()
}

// undelayed says when far less delay was added than asked for: a mean below half
// of the typical delay of the mildest policy. It is silent unless all policies
// delay.
func (j *Judge) undelayed() string {
	asked := time.Duration(0)
	for i, p := range j.spec.Policies {
		if p.Delay == 0 {
			return ""
		}
		if i == 0 || p.Delay < asked {
			asked = p.Delay
		}
	}
	c := j.tested()
	if c.Delivered == 0 || asked == 0 {
		return ""
	}
	if mean := time.Duration(float64(c.DelaySum) / float64(c.Delivered)); 2*mean < asked {
		return fmt.Sprintf("faulted requests were delayed by %v on average, and %v was asked", mean.Round(time.Millisecond), asked)
	}
	return ""
}

// undecided is the end of the time without a proof of either kind.
func (j *Judge) undecided() *Decision {
	after := inSeconds(j.tick.Elapsed - j.injectingAt)
	if j.armless() {
		return &Decision{Verdict: Inconclusive, Reason: fmt.Sprintf("The time ended after %s. %s", after, armlessSentence)}
	}
	if !j.atTop() && j.counts.Delivered > 0 {
		return &Decision{Verdict: Inconclusive, Reason: fmt.Sprintf("The time ended after %s. %s", after, j.stuckSentence())}
	}
	if why := j.unexercised(); why != "" {
		return &Decision{Verdict: NotExercised, Reason: fmt.Sprintf("The belief was not tested in %s: %s.", after, why)}
	}
	return &Decision{Verdict: Inconclusive, Reason: fmt.Sprintf(
		"The time ended after %s, before the evidence decided. %s.", after, j.armSentence())}
}
