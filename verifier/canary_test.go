package verifier_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/verifier"
)

// versions is a spec that compares two versions, without any fault.
func versions() verifier.Spec {
	s := spec()
	s.Objectives = s.Objectives[:1]
	s.Objectives[0].Ratio, s.Objectives[0].Margin, s.Objectives[0].Tolerance = 1.25, 0.0025, 0.02
	s.Policies, s.Baseline, s.Canary = nil, 0, "X-Version v2 against v1"
	return s
}

func TestTwoVersionsAreCompared(t *testing.T) {
	for name, c := range map[string]struct {
		world       func(*world)
		verdict     verifier.Verdict
		attribution string
		reason      string
		cluster     float64
	}{
		"the canary is as good as the version before it": {
			verdict: verifier.Upheld, cluster: 10,
			reason: "requests of the canary were bad (0%); 2% is tolerated. Evidence for the belief reached 1/beta = 20 after ",
		},
		"the canary fails": {
			world:   func(w *world) { w.fault = 0.3 },
			verdict: verifier.Breached, attribution: "fault", cluster: 10,
			reason: "availability: ",
		},
		"both versions fail alike": {
			world:   func(w *world) { w.fault, w.control = 0.2, 0.2 },
			verdict: verifier.Inconclusive, attribution: "shared", cluster: 10,
			reason: "Both versions fail alike, so nothing is known of the canary: availability: ",
		},
		"the canary gets no requests": {
			world:   func(w *world) { w.share = 0 },
			verdict: verifier.NotExercised, cluster: 10,
			reason: "availability: 0 requests reached the canary; with fewer than 1490, 2% cannot be told from more.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.perSecond = 400
				if c.world != nil {
					c.world(w)
				}
				run := w.run(t, versions())
				if run.Verdict != c.verdict || run.Attribution != c.attribution || !strings.Contains(run.Reason, c.reason) || run.Cluster != c.cluster {
					t.Errorf("%s, %s, cluster %v: %s; want %s, %s, cluster %v: %s",
						run.Verdict, run.Attribution, run.Cluster, run.Reason, c.verdict, c.attribution, c.cluster, c.reason)
				}
				if w.index("renew") >= 0 {
					t.Error("a lease, and there is no fault")
				}
				checkPromises(t, w, run)
				checkReplay(t, w, run)
			})
		})
	}
}

func TestPopulationsThatAreNotSplitByACoinAreJudgedInClusters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, spec := newWorld(), spec()
		w.perSecond, spec.Duration = 40, 10*time.Minute
		spec.Policies[0].Sticky = true
		spec.Objectives[0].Allowed, spec.Objectives[1].Allowed = 0.5, 0.5
		burst := 0
		w.meddle = func(since time.Duration, c *verifier.Counts) { // eight bad ones at once, every other five seconds
			burst = int(since / (10 * time.Second))
			for i := range c.Objectives {
				c.Objectives[i].All.Bad += 8 * uint64(burst)
			}
		}
		run := w.run(t, spec)
		if run.Cluster < 4 || run.Cluster > 9 {
			t.Errorf("bursts of eight, and the cluster factor is %v: %s", run.Cluster, run.Reason)
		}
		var told []string
		for _, e := range w.events {
			if e.Kind == verifier.KindNote && strings.Contains(e.Text, "judged with the cluster factor") {
				told = append(told, e.Text)
			}
		}
		if len(told) != 2 || !strings.Contains(told[0], "factor 10, ") || !strings.HasSuffix(told[1], "from now on.") {
			t.Error("the timeline does not say how the populations are judged")
		}
		checkReplay(t, w, run)
	})
}
