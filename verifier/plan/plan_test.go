package plan_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/verifier/plan"
	"github.com/poise-dev/poise/verifier/stats"
)

// checkout is the example everything is told with: 12 faulted requests a second.
func checkout() plan.Spec {
	return plan.Spec{
		Objectives: []plan.Objective{{
			Name: "availability", Allowed: 0.005, Tolerance: 0.01,
			Margin: stats.Margin{Ratio: 1.25, Points: 0.0025},
		}},
		Share: 0.1, Baseline: 30 * time.Second, Duration: 5 * time.Minute,
		Interval: 250 * time.Millisecond, BatchInterval: 5 * time.Second,
		Alpha: 0.01, Beta: 0.05, MinBad: 3,
	}
}

func Example() {
	for _, g := range plan.For(checkout(), plan.Traffic{PerSecond: 120, Normal: 0.001, Effect: 0.05}) {
		fmt.Printf("%s: found in %v, 9 times in 10 within %v\n", g.Guard, g.TimeToDetect.Median, g.TimeToDetect.P90)
		if g.Guard == plan.FaultArm {
			fmt.Printf("  upheld by %d clean faulted requests, in about %v\n", g.CleanRequestsNeeded, g.TimeToUphold)
		}
		for _, c := range g.Cannot {
			fmt.Println("  " + c)
		}
	}
	// Output:
	// global: found in never, 9 times in 10 within never
	//   It cannot see the effect: with 10% of the requests faulted, 0.59% of all are bad, too near the 0.5% allowed.
	// fault-arm: found in 16s, 9 times in 10 within 32s
	//   upheld by 392 clean faulted requests, in about 33s
	// comparison: found in 10s, 9 times in 10 within 20s
}

func TestWhatARunCannotConclude(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(s *plan.Spec)
		traffic plan.Traffic
		want    map[string]string // guard: how a sentence of it begins
	}{
		"without traffic, anything": {
			traffic: plan.Traffic{Normal: 0.001, Effect: 0.05},
			want:    map[string]string{plan.Global: "Without requests", plan.FaultArm: "Without requests", plan.Comparison: "Without requests"},
		},
		"without faulted requests, anything about them": {
			change:  func(s *plan.Spec) { s.Share = 0 },
			traffic: plan.Traffic{PerSecond: 100, Effect: 0.05},
			want:    map[string]string{plan.FaultArm: "No request meets the fault", plan.Comparison: "No request meets the fault"},
		},
		"with every request faulted, a difference": {
			change:  func(s *plan.Spec) { s.Share = 1 },
			traffic: plan.Traffic{PerSecond: 100, Effect: 0.05},
			want:    map[string]string{plan.Comparison: "Nothing can be compared"},
		},
		"a rise that takes longer than the run": {
			traffic: plan.Traffic{PerSecond: 20, Normal: 0.001, Effect: 0.013},
			want:    map[string]string{plan.FaultArm: "It cannot see a rise from 0.1% to 1.3% bad"},
		},
		"a rise that takes longer in some runs": {
			traffic: plan.Traffic{PerSecond: 12, Normal: 0.001, Effect: 0.05},
			want:    map[string]string{plan.FaultArm: "It may miss a rise from 0.1% to 5% bad"},
		},
		"an effect that is tolerated": {
			traffic: plan.Traffic{PerSecond: 120, Normal: 0.001, Effect: 0.003},
			want: map[string]string{
				plan.Global: "It cannot see the effect", plan.FaultArm: "There is nothing to detect: 0.3%",
				plan.Comparison: "There is nothing to detect: 0.3% bad is within 1.25 times 0.1% plus 0.25 points",
			},
		},
		"a promise that is not kept without faults": {
			traffic: plan.Traffic{PerSecond: 120, Normal: 0.02, Effect: 0.05},
			want:    map[string]string{plan.Global: "The baseline fails", plan.FaultArm: "It cannot be upheld: normally 2%"},
		},
		"a promise that is barely kept": {
			traffic: plan.Traffic{PerSecond: 120, Normal: 0.0095, Effect: 0.05},
			want:    map[string]string{plan.FaultArm: "It cannot be upheld: normally 0.95% of the requests are bad, too near the 1%"},
		},
		"a proof that needs more requests than there are": {
			traffic: plan.Traffic{PerSecond: 1, Effect: 1},
			want:    map[string]string{plan.FaultArm: "It cannot be upheld: that takes 392 clean faulted requests, about 65m; this run sees 30, enough for a tolerance of 9.5%"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec := checkout()
			if c.change != nil {
				c.change(&spec)
			}
			for _, g := range plan.For(spec, c.traffic) {
				want := c.want[g.Guard]
				begins := func(s string) bool { return strings.HasPrefix(s, want) }
				if want != "" && !slices.ContainsFunc(g.Cannot, begins) {
					t.Errorf("%s says %q, want %q", g.Guard, g.Cannot, want)
				}
			}
		})
	}
}

func TestAPlanKeepsItsProportions(t *testing.T) {
	of := func(spec plan.Spec, traffic plan.Traffic) map[string]plan.Guard {
		byName := map[string]plan.Guard{}
		for _, g := range plan.For(spec, traffic) {
			byName[g.Guard] = g
		}
		return byName
	}
	usual := plan.Traffic{PerSecond: 120, Normal: 0.001, Effect: 0.05}
	base := of(checkout(), usual)

	t.Run("more traffic is quicker, in proportion", func(t *testing.T) {
		ten := usual
		ten.PerSecond *= 10
		for name, g := range of(checkout(), ten) {
			if g.TimeToDetect.Median == plan.Never {
				continue // no traffic helps against an effect that is too small
			}
			if g.TimeToDetect.Median >= base[name].TimeToDetect.Median && base[name].TimeToDetect.Median > plan.Wait(5*time.Second) {
				t.Errorf("%s: %v, not quicker than %v", name, g.TimeToDetect.Median, base[name].TimeToDetect.Median)
			}
		}
	})
	t.Run("requests that fail together take longer", func(t *testing.T) {
		spec := checkout()
		spec.Phi = 5
		got := of(spec, usual)[plan.FaultArm].TimeToDetect.Median
		if r := float64(got) / float64(base[plan.FaultArm].TimeToDetect.Median); r < 3 || r > 6 {
			t.Errorf("with phi = 5 it takes %.1f times as long", r)
		}
	})
	t.Run("one objective more costs a little time", func(t *testing.T) {
		spec := checkout()
		spec.Objectives = append(spec.Objectives, spec.Objectives[0], plan.Objective{Name: "shown", Advisory: true})
		got := plan.For(spec, usual)
		if len(got) != 6 {
			t.Fatalf("%d guards of two objectives that decide, want 6", len(got))
		}
		if r := float64(got[1].TimeToDetect.Median) / float64(base[plan.FaultArm].TimeToDetect.Median); r < 1 || r > 1.2 {
			t.Errorf("two objectives take %.2f times as long as one", r)
		}
	})
	t.Run("without an end nothing outlasts the run", func(t *testing.T) {
		spec := checkout()
		spec.Duration, spec.Baseline = 0, 0
		usual := plan.Traffic{PerSecond: 20, Normal: 0.001, Effect: 0.2}
		for name, g := range of(spec, usual) {
			if len(g.Cannot) > 0 || g.TimeToDetect.Median == plan.Never {
				t.Errorf("%s: found in %v, cannot %q", name, g.TimeToDetect.Median, g.Cannot)
			}
		}
		if got := of(spec, usual)[plan.FaultArm].TimeToDetect.Median; got <= base[plan.FaultArm].TimeToDetect.Median {
			t.Errorf("a watch of 28 days needs more evidence than a run of 5 minutes, and takes %v", got)
		}
	})
	t.Run("the stake is what is lost until the breach is called", func(t *testing.T) {
		g := base[plan.FaultArm]
		lost := 0.1 * (0.05 - 0.001) * time.Duration(g.TimeToDetect.P90).Seconds() // of 0.5% of 30 days
		if want := 100 * lost / (0.005 * 30 * 24 * 3600); math.Abs(g.BudgetAtStake-want) > 1e-9 {
			t.Errorf("%v%% of the budget at stake, want %v%%", g.BudgetAtStake, want)
		}
	})
}

func TestAPlanIsWrittenAsJSON(t *testing.T) {
	guards := plan.For(checkout(), plan.Traffic{PerSecond: 120, Normal: 0.001, Effect: 0.003})
	text, err := json.Marshal(guards[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"guard":"fault-arm"`, `"timeToDetect":{"median":"never","p90":"never"}`, `"cleanRequestsNeeded":392`, `"timeToUphold":"32.`, `"budgetAtStake":`, `"cannot":["There`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
	var back plan.Guard
	if err := json.Unmarshal(text, &back); err != nil || back.TimeToDetect.Median != plan.Never {
		t.Errorf("read back: %+v, %v", back, err)
	}
	if err := new(plan.Wait).UnmarshalText([]byte("soon")); err == nil {
		t.Error(`"soon" is read as a time`)
	}
}

func TestWaitsAreSaidShortly(t *testing.T) {
	for want, w := range map[string]time.Duration{
		"340ms": 340 * time.Millisecond, "8.5s": 8500 * time.Millisecond, "41s": 41 * time.Second, "22m": 22 * time.Minute,
		"3h10m": 3*time.Hour + 9*time.Minute, "12d": 290 * time.Hour, "never": time.Duration(plan.Never),
	} {
		if got := plan.Wait(w).String(); got != want {
			t.Errorf("%d ns is said %q, want %q", w, got, want)
		}
	}
}

func FuzzAPlanIsAlwaysANumber(f *testing.F) {
	f.Add(0.05, 0.005, 0.01, 120.0, 0.001, 0.05, int64(300), 3)
	f.Add(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, int64(0), 0)
	f.Add(1e-9, 1.0, 1e-9, 1e9, 1.0, 1.0, int64(1e9), 1<<30)
	f.Fuzz(func(t *testing.T, share, allowed, tolerance, perSecond, normal, effect float64, seconds int64, minBad int) {
		if !(tolerance > 1e-9 && tolerance <= 1 && allowed >= 0 && allowed <= 1 && perSecond >= 0 && perSecond < 1e12) {
			t.Skip("nothing a document can say")
		}
		spec := checkout()
		spec.Objectives[0].Allowed, spec.Objectives[0].Tolerance = allowed, tolerance
		spec.Share, spec.MinBad = share, uint64(max(minBad, 0))
		spec.Duration = time.Duration(min(max(seconds, 0), 1e9)) * time.Second
		for _, g := range plan.For(spec, plan.Traffic{PerSecond: perSecond, Normal: normal, Effect: effect}) {
			d := g.TimeToDetect
			if d.Median < 0 || d.P90 < d.Median || g.TimeToUphold < 0 || !(g.BudgetAtStake >= 0) || math.IsInf(g.BudgetAtStake, 0) {
				t.Errorf("%+v", g)
			}
		}
	})
}
