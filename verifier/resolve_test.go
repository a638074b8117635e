package verifier_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/verifier"
)

func delay(d time.Duration) *policies.Duration {
	v := policies.Duration(d)
	return &v
}

func trial() *policies.Trial {
	return &policies.Trial{
		Name: "slow-payment", Mode: policies.ModeExperiment,
		Belief: &policies.Belief{
			Name: "checkout-survives", Statement: "Checkout stays good.", Why: "A timeout.", Owner: "team-checkout",
			Promises: []*policies.Promise{
				{Name: "availability", Listener: "ingress", Allowed: 0.005, Tolerance: 0.01, Text: "99.5% good (status <500)"},
				{Name: "latency", Listener: "ingress", Allowed: 0.01, Tolerance: 0.01, Latency: 800 * time.Millisecond, Advisory: true},
			},
		},
		Policies: []*policies.Policy{{
			Name: "payment-slow", Listener: "egress-payment", Share: 5_000_000, Text: "delay 400ms",
			Fault: &policies.Fault{Delay: &policies.Delay{Fixed: delay(400 * time.Millisecond)}},
		}},
		Baseline: 30 * time.Second, Duration: 5 * time.Minute, Recovery: 30 * time.Second,
		Interval: 250 * time.Millisecond, Lease: 3 * time.Second, Alpha: 0.01, Beta: 0.05, MinBad: 3,
	}
}

func TestAVerificationBecomesASpec(t *testing.T) {
	got, err := verifier.Resolve(trial(), []string{"ingress", "egress-payment"})
	if err != nil {
		t.Fatal(err)
	}
	want := verifier.Spec{
		Verification: "slow-payment", Hypothesis: "checkout-survives", Belief: "Checkout stays good.", Why: "A timeout.", Owner: "team-checkout",
		Objectives: []verifier.ObjectiveSpec{
			{Name: "availability", Listener: "ingress", Allowed: 0.005, Tolerance: 0.01, Promise: "99.5% good (status <500)"},
			{Name: "latency", Listener: "ingress", Allowed: 0.01, Tolerance: 0.01, Latency: 800 * time.Millisecond, Advisory: true},
		},
		Policies: []verifier.PolicySpec{{
			Name: "payment-slow", Listener: "egress-payment", Share: 0.05, Fault: "delay 400ms",
			Delay: 400 * time.Millisecond, Longest: 400 * time.Millisecond,
		}},
		Baseline: 30 * time.Second, Duration: 5 * time.Minute, Recovery: 30 * time.Second,
		Interval: 250 * time.Millisecond, Lease: 3 * time.Second, Alpha: 0.01, Beta: 0.05, MinBad: 3,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(verifier.ObjectiveSpec{}, "Compiled")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, o := range got.Objectives {
		if o.Compiled != trial().Belief.Promises[i] && o.Compiled == nil {
			t.Errorf("%s lost what the data plane counts with", o.Name)
		}
	}
}

func TestTheOnlyListenerNeedsNoName(t *testing.T) {
	tr := trial()
	tr.Belief.Promises[0].Listener, tr.Belief.Promises[1].Listener, tr.Policies[0].Listener = "", "", ""
	got, err := verifier.Resolve(tr, []string{"default"})
	if err != nil || got.Objectives[0].Listener != "default" || got.Policies[0].Listener != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatCannotRunIsRefusedWithAReason(t *testing.T) {
	for name, c := range map[string]struct {
		change    func(*policies.Trial)
		listeners []string
		want      []string
	}{
		"an objective without a listener, beside several": {
			func(tr *policies.Trial) { tr.Belief.Promises[0].Listener = "" },
			[]string{"ingress", "egress-payment"},
			[]string{`objective "availability": name the listener where it is measured, one of: ingress, egress-payment`},
		},
		"listeners that do not exist, all at once": {
			func(*policies.Trial) {},
			[]string{"default"},
			[]string{
				`objective "availability": there is no listener "ingress", only: default`,
				`objective "latency": there is no listener "ingress"`, `policy "payment-slow": there is no listener "egress-payment"`,
			},
		},
		"a lease that cannot be renewed in time": {
			func(tr *policies.Trial) { tr.Lease = tr.Interval }, []string{"ingress", "egress-payment"}, []string{"lease 250ms: longer than the interval"},
		},
		"nothing that decides": {
			func(tr *policies.Trial) { tr.Belief.Promises = tr.Belief.Promises[1:] },
			[]string{"ingress", "egress-payment"},
			[]string{"no objective decides"},
		},
		"no policies": {
			func(tr *policies.Trial) { tr.Policies = nil }, []string{"ingress", "egress-payment"}, []string{"name at least one FaultPolicy"},
		},
		"a canary nobody can tell apart where it is measured": {
			func(tr *policies.Trial) {
				tr.Canary = &policies.Populations{Listener: "egress-payment", Header: "X-Version"}
			},
			[]string{"ingress", "egress-payment"},
			[]string{`objective "availability": it is measured at ingress, and the versions are told apart at egress-payment`},
		},
		"a canary at a listener that does not exist": {
			func(tr *policies.Trial) { tr.Canary = &policies.Populations{Header: "X-Version"} },
			[]string{"ingress", "egress-payment"},
			[]string{"canary: name the listener that both versions pass, one of: ingress, egress-payment"},
		},
		"bounds that bound nothing": {
			func(tr *policies.Trial) { tr.Alpha, tr.Beta, tr.Interval = 0, 1, 0 },
			[]string{"ingress", "egress-payment"},
			[]string{"alpha 0: a number between 0 and 1 is expected", "beta 1: ", "interval 0s: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := trial()
			c.change(tr)
			_, err := verifier.Resolve(tr, c.listeners)
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v lacks %q", err, want)
				}
			}
		})
	}
}

func TestTheDelayThatIsExpected(t *testing.T) {
	ms := time.Millisecond
	d := func(n int) policies.Duration { return policies.Duration(time.Duration(n) * ms) }
	for name, c := range map[string]struct {
		delay            policies.Delay
		typical, longest time.Duration
	}{
		"fixed":                 {policies.Delay{Fixed: delay(400 * ms)}, 400 * ms, 400 * ms},
		"fixed, with a maximum": {policies.Delay{Fixed: delay(400 * ms), Max: delay(100 * ms)}, 100 * ms, 100 * ms},
		"uniform":               {policies.Delay{Uniform: &policies.Uniform{Min: d(100), Max: d(300)}}, 200 * ms, 300 * ms},
		"normal":                {policies.Delay{Normal: &policies.Normal{Mean: d(100), StdDev: d(20)}}, 100 * ms, 0},
		"lognormal, bounded":    {policies.Delay{Lognormal: &policies.Lognormal{Median: d(50)}, Max: delay(time.Second)}, 50 * ms, time.Second},
		"pareto":                {policies.Delay{Pareto: &policies.Pareto{Scale: d(10), Shape: 1}}, 20 * ms, 0},
		"before each event":     {policies.Delay{Fixed: delay(400 * ms), Phase: policies.PhaseEvent}, 0, 0},
		"after the answer":      {policies.Delay{Fixed: delay(400 * ms), Phase: policies.PhaseResponse}, 400 * ms, 400 * ms},
		"quantiles":             {policies.Delay{Quantiles: &policies.Quantiles{P50: d(40), P95: d(100), P99: d(200)}}, 20 * ms, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tr := trial()
			tr.Policies[0].Fault.Delay = &c.delay
			got, err := verifier.Resolve(tr, []string{"ingress", "egress-payment"})
			if err != nil {
				t.Fatal(err)
			}
			if p := got.Policies[0]; p.Delay != c.typical || p.Longest != c.longest {
				t.Errorf("typical %v, longest %v; want %v, %v", p.Delay, p.Longest, c.typical, c.longest)
			}
		})
	}
}
