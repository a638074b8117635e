package verifier_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/verifier"
)

// always is a continuous spec: at 400 requests a second and 0.5% allowed, 30
// days have a budget of 5,184,000 bad requests.
func always() verifier.Spec {
	s := spec()
	s.Objectives = s.Objectives[:1]
	s.Objectives[0].Ratio, s.Objectives[0].Margin = 1.25, 0.0025
	s.Continuous, s.Interval, s.Lease, s.Baseline, s.Duration = true, 5*time.Second, 15*time.Second, 30*time.Second, 24*time.Hour
	s.Ramp = []verifier.Rung{{Share: 0.01}}
	s.Budget = &verifier.BudgetSpec{Window: 30 * 24 * time.Hour, Spend: 0.01, Reserve: 0.1}
	return s
}

func TestAContinuousRunKeepsToItsBudget(t *testing.T) {
	for name, c := range map[string]struct {
		world   func(*world)
		spec    func(*verifier.Spec)
		verdict verifier.Verdict
		stop    string
		reason  string
		note    string
		faults  int64 // allowed by the first renewal; 0: there was none
	}{
		"nothing breaks, and it is proven": {
			verdict: verifier.Upheld, faults: 51840,
			note: "At 1%, a verdict for the belief needs about 3 minutes; it may cost 51840 bad requests.",
		},
		"all but the reserve fails anyway": {
			world:   func(w *world) { w.quiet = 0.0045 },
			verdict: verifier.Stopped, stop: "budget",
			reason: "and 0 were left.", note: "it may cost 0 bad requests.",
		},
		"earlier runs have spent it": {
			spec:    func(s *verifier.Spec) { s.Budget.Spent = 51840 },
			verdict: verifier.Stopped, stop: "budget",
			reason: "The error budget that may be spent is spent: 0 bad requests by this run, and 0 were left.",
		},
		"little is left, and spent before there is a verdict": {
			world: func(w *world) { w.fault = 0.02 },
			spec: func(s *verifier.Spec) {
				s.Budget.Spent, s.MinBad = 51840-6, 1000
			},
			verdict: verifier.Stopped, stop: "budget", faults: 6,
			reason: "and 6 were left.",
		},
		"it breaks": {
			world:   func(w *world) { w.fault = 0.5 },
			verdict: verifier.Breached, faults: 51840,
			reason: "faulted requests were bad (50%)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, spec := newWorld(), always()
				if c.world != nil {
					c.world(w)
				}
				if c.spec != nil {
					c.spec(&spec)
				}
				run := w.run(t, spec)
				if run.Verdict != c.verdict || run.StopReason != c.stop || !strings.Contains(run.Reason, c.reason) {
					t.Errorf("%s %s: %s; want %s %s: %s", run.Verdict, run.StopReason, run.Reason, c.verdict, c.stop, c.reason)
				}
				if len(w.faults) == 0 && c.faults != 0 || len(w.faults) > 0 && w.faults[0] != c.faults {
					t.Errorf("the renewals allowed %v faults, the first should %d", w.faults[:min(len(w.faults), 3)], c.faults)
				}
				told := false
				for _, e := range w.events {
					told = told || e.Kind == verifier.KindNote && strings.Contains(e.Text, c.note)
				}
				if !told {
					t.Errorf("the timeline does not say %q", c.note)
				}
				checkPromises(t, w, run)
				checkReplay(t, w, run)
			})
		})
	}
}
