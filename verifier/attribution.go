package verifier

import "github.com/poise-dev/poise/verifier/stats"

// attributionLine is the e-value at which a breach is attributed: wrong in at
// most 1 of 20 runs.
const attributionLine = 20

// attribute says whose breach it is, from the arms of the same seconds:
//
//   - fault: the fault arm does worse than control, by a two-sample test without
//     a margin;
//   - shared: it does not, and control itself breaks what is allowed;
//   - unknown: neither is known yet.
//
// The evidence of the deciding objectives is averaged, which is valid whatever
// they have to do with each other.
func (j *Judge) attribute() string {
	var worse, control []stats.Evidence
	for _, o := range j.objectives {
		worse = append(worse, stats.Evidence{Weight: o.weight, Log: o.worse.Log()})
		control = append(control, stats.Evidence{Weight: o.weight, Log: o.control.Log()})
	}
	line := stats.Line(1.0 / attributionLine)
	switch {
	case stats.Combine(worse) >= line:
		return AttributedFault
	case stats.Combine(control) >= line:
		return AttributedShared
	default:
		return AttributedUnknown
	}
}
