package verifier_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/verifier"
)

// climbing is a spec with three rungs.
func climbing() verifier.Spec {
	s := spec()
	s.Objectives = s.Objectives[:1]
	s.Policies[0].Share = 0.05
	s.Ramp = []verifier.Rung{{Share: 0.001, For: 10 * time.Second}, {Share: 0.01, For: 10 * time.Second}, {Share: 0.05}}
	return s
}

func TestARampClimbsWhileItIsClean(t *testing.T) {
	for name, c := range map[string]struct {
		world   func(*world)
		spec    func(*verifier.Spec)
		verdict verifier.Verdict
		shares  string // in force, in order
		reason  string
		frozen  bool
	}{
		"clean to the top": {
			verdict: verifier.Upheld, shares: "share 0.001, share 0.01, share 0.05",
			reason: "faulted requests at 5% were bad (0%)",
		},
		"what the lower rungs saw is no proof": {
			world:   func(w *world) { w.perSecond = 100_000 },
			verdict: verifier.Upheld, shares: "share 0.001, share 0.01, share 0.05",
			reason: "after 20.0 s of faults",
		},
		"a breach on the first rung": {
			world:   func(w *world) { w.perSecond, w.fault = 10_000, 0.8 },
			verdict: verifier.Breached, shares: "share 0.001",
			reason: "faulted requests were bad (80%)", frozen: true,
		},
		"suspicious, and held back": {
			world: func(w *world) {
				w.perSecond = 10_000
				w.meddle = func(since time.Duration, c *verifier.Counts) {
					if since > 12*time.Second { // two bad ones among the first few: evidence, and below minBad
						for _, t := range []*verifier.Tally{&c.Objectives[0].Fault, &c.Objectives[0].All} {
							t.Bad += 2
						}
					}
				}
			},
			spec: func(s *verifier.Spec) {
				s.Objectives[0].Tolerance, s.Duration = 0.0001, 30*time.Second
			},
			verdict: verifier.Inconclusive, shares: "share 0.001", frozen: true,
			reason: "It ended on the rung of 0.1%, and 5% was to be tested: the evidence against the belief held the ramp back.",
		},
		"nobody meets the fault on the first rung": {
			world:   func(w *world) { w.delivered = 0 },
			verdict: verifier.NotExercised, shares: "share 0.001",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, spec := newWorld(), climbing()
				if c.world != nil {
					c.world(w)
				}
				if c.spec != nil {
					c.spec(&spec)
				}
				run := w.run(t, spec)
				var shares []string
				for _, e := range w.log {
					if strings.HasPrefix(e.what, "share") {
						shares = append(shares, e.what)
					}
				}
				if got := strings.Join(shares, ", "); got != c.shares {
					t.Errorf("in force were %s; want %s", got, c.shares)
				}
				if run.Verdict != c.verdict || !strings.Contains(run.Reason, c.reason) {
					t.Errorf("%s: %s; want %s: %s", run.Verdict, run.Reason, c.verdict, c.reason)
				}
				if frozen := w.index("event evidence.frozen") >= 0; frozen != c.frozen {
					t.Errorf("the evidence froze the ramp: %v, want %v", frozen, c.frozen)
				}
				checkPromises(t, w, run)
				checkReplay(t, w, run)
			})
		})
	}
}

func TestTheSplitIsTestedOnEveryRung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.perSecond = 4000
		w.meddle = func(since time.Duration, c *verifier.Counts) {
			if since > 25*time.Second {
				c.Drawn += 400
			}
		}
		run := w.run(t, climbing())
		if run.StopReason != verifier.StopInvalid || !strings.Contains(run.Reason, "and it should be 1% of them") {
			t.Errorf("%s %s: %s", run.Verdict, run.StopReason, run.Reason)
		}
		checkReplay(t, w, run)
	})
}
