package fault

import "github.com/poise-dev/poise/policies"

// populate returns the population of a request at the edge of a canary: the
// canary is counted as the fault arm, the baseline as control. Of any other
// watch it is popNone, until the request meets a policy.
func (w *Watch) populate(r *policies.Request) population {
	if w.spec.Canary == nil || Phase(w.phase.Load()) != PhaseInjecting {
		return popNone
	}
	switch w.spec.Canary.Of(r.Fields) {
	case policies.ArmFault:
		return popFault
	case policies.ArmControl:
		return popControl
	default:
		return popNone
	}
}
