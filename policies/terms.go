package policies

import (
	"fmt"
	"time"
)

// Terms are when, how much and on whom a trial may inject, beyond the
// percentages of its policies.
type Terms struct {
	// Ramp are the percentages to climb, in place of the policies' own; empty:
	// those.
	Ramp []Step
	// Canary are the populations to compare; nil: the arms of the policies.
	Canary *Populations
	// Calendar says when to inject.
	Calendar *Calendar
}

// Step is a compiled [Rung].
type Step struct {
	Share Percent
	// For is the least time on the rung; the last one lasts to the end, whatever
	// it says.
	For time.Duration
}

// terms compiles the terms of a trial, when its policies are known.
func (d draft) terms(t *Trial) Terms {
	in := d.Verification
	terms := Terms{Canary: d.populations()}
	var err error
	if terms.Calendar, err = newCalendar(in.Hours, in.Freeze); err != nil {
		d.wrong("spec.hours.timezone", err.Error(), "an IANA time zone such as Europe/Paris", "")
	}
	below := time.Duration(0)
	for i, rung := range in.Ramp {
		field := at("spec.ramp", i)
		step := Step{Share: rung.Percentage, For: lasting(rung.For, 0)}
		for _, p := range t.Policies {
			if step.Share > p.Share {
				d.wrong(field+".percentage", step.Share.String()+" is more than the percentage of "+p.Name,
					"at most "+p.Share.String(), "write a higher percentage there: it is the most the policy may ever draw")
			}
		}
		if i < len(in.Ramp)-1 {
			below += step.For
		}
		terms.Ramp = append(terms.Ramp, step)
	}
	if below > 0 && below >= t.Duration {
		d.wrong("spec.ramp", fmt.Sprintf("the rungs below the last take %v, and faults last %v", below, t.Duration),
			"a longer duration, or shorter rungs", "an upheld verdict rests on the last rung alone")
	}
	for _, p := range t.Policies {
		if len(terms.Ramp) > 0 && p.Assign.Sticky() {
			d.wrong("spec.ramp", "a ramp with "+p.Name+", which assigns by a key, is not available yet", "", "assign by request, or remove the ramp")
		}
	}
	return terms
}
