package verifier

import (
	"fmt"
	"strings"
)

// endBaseline goes on to inject when the baseline's time is over and there was
// something to see in it. That the objectives held is known already: a baseline
// fails by evidence only.
func (j *Judge) endBaseline() *Decision {
	if j.tick.Elapsed < j.spec.Baseline || !j.fresh || j.state == StatePaused {
		return nil
	}
	if silent := j.silent(); silent != "" && j.spec.Baseline > 0 {
		return &Decision{Verdict: NotExercised, Reason: fmt.Sprintf(
			"%s: no request came in the %s before the first fault.", silent, inSeconds(j.tick.Elapsed))}
	}
	j.state, j.injectingAt, j.clean = StateInjecting, j.tick.Elapsed, j.counts
	j.ramp.step(j.tick.Elapsed, j.counts)
	j.allow()
	if j.spec.Baseline > 0 {
		j.happened(j.baselineHeld())
	}
	j.noteArmless()
	j.noteTautology()
	j.noteCluster("until it is known to be fewer")
	return j.budget()
}

// silent names a deciding objective that saw no request, or none.
func (j *Judge) silent() string {
	for i, o := range j.objectives {
		if !o.Advisory && j.counts.Objectives[i].All.Requests == 0 {
			return o.Name
		}
	}
	return ""
}

func (j *Judge) baselineHeld() Event {
	data := BaselineHeld{Seconds: measured(j.tick.Elapsed)}
	var parts []string
	for i, o := range j.objectives {
		all := j.counts.Objectives[i].All
		data.Objectives = append(data.Objectives, ObjectiveTally{Name: o.Name, Tally: all})
		data.PerSecond = max(data.PerSecond, float64(all.Requests)/max(j.tick.Elapsed.Seconds(), 1e-3))
		parts = append(parts, fmt.Sprintf("%s: %d of %d requests were bad (%s)", o.Name, all.Bad, all.Requests, percent(rate(all))))
	}
	return Event{
		Kind: KindBaselineHeld, Data: data,
		Text: fmt.Sprintf("The belief held for %s before the first fault: %s.", inSeconds(j.tick.Elapsed), strings.Join(parts, "; ")),
	}
}
