package verifier

import (
	"fmt"
	"strings"
	"time"

	"github.com/poise-dev/poise/verifier/stats"
)

// settleLimit is how long after its time a proven run may still wait for the
// last faulted requests.
const settleLimit = 10 * time.Second

// uphold decides when every deciding objective is proven in the fault arm, on
// the last rung where there is a ramp.
//
// Slow requests are the last to be counted, so a proof from finished ones alone
// would be biased. When the finished ones prove it, the faults end, and the run
// waits until none is pending (or until the proof stands with all of them
// counted as bad). If what comes in breaks the proof, the faults go on.
func (j *Judge) uphold() *Decision {
	if !j.atTop() || !j.proven(false) || j.unexercised() != "" || j.armless() {
		j.settling = false
		return nil
	}
	if j.proven(true) {
		return &Decision{Verdict: Upheld, Reason: j.upheldSentence()}
	}
	if !j.settling {
		j.settling = true
		j.revoke = "the belief is proven, but for the faulted requests still under way"
	}
	return nil
}

// proven says whether the reverse evidence of every deciding objective has
// reached 1/beta, with pending requests left out or counted as bad.
func (j *Judge) proven(pendingBad bool) bool {
	some, seen := false, j.tested()
	for i, o := range j.objectives {
		if o.Advisory {
			continue
		}
		c := seen.Objectives[i]
		total := batch(c.Fault)
		if pendingBad {
			total.Requests += c.Pending
			total.Bad += c.Pending
		}
		if stats.Reverse(o.Tolerance, j.thin(total)) < stats.Line(j.spec.Beta) {
			return false
		}
		some = true
	}
	return some
}

func (j *Judge) upheldSentence() string {
	after := inSeconds(j.tick.Elapsed - j.injectingAt)
	if first := j.counts.FirstFault; !first.IsZero() {
		after = inSeconds(j.tick.At.Sub(first)) + " of faults"
	}
	return fmt.Sprintf("%s. Evidence for the belief reached 1/beta = %s after %s.", j.armSentence(), number(1/j.spec.Beta), after)
}

// armSentence tells what the fault arm showed, by deciding objective.
func (j *Judge) armSentence() string {
	var parts []string
	seen := j.tested()
	for i, o := range j.objectives {
		if !o.Advisory {
			parts = append(parts, tallySentence(guard{objective: o, kind: GuardFaultArm, counts: seen.Objectives[i]}, j.onRung()))
		}
	}
	return strings.Join(parts, "; and ")
}
