package policies_test

import (
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/policies"
)

func TestTheTermsOfATrial(t *testing.T) {
	set := compile(t, policy("slow", "percentage: 5")+document("Hypothesis", "holds", belief)+
		document("Verification", "try", "{hypothesis: holds, policies: [slow], ramp: [{percentage: 0.1, for: 1m}, {percentage: 5}]}"))
	got := set.Trial("try").Ramp
	want := []policies.Step{{Share: policies.Whole / 1000, For: time.Minute}, {Share: policies.Whole / 20}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("the ramp is %v, want %v", got, want)
	}
}

func TestARampIsRefusedThat(t *testing.T) {
	for name, c := range map[string]struct{ policy, ramp, want string }{
		"goes beyond a policy's percentage": {"percentage: 5", "[{percentage: 6}]", "spec.ramp[0].percentage: 6 is more than the percentage of slow (expected at most 5;"},
		"never reaches its last rung":       {"percentage: 5", "[{percentage: 1, for: 5m}, {percentage: 5}]", "spec.ramp: the rungs below the last take 5m0s, and faults last 5m0s"},
		"climbs where a key decides":        {"percentage: 5, assign: {by: source}", "[{percentage: 1}]", "spec.ramp: a ramp with slow, which assigns by a key, is not available yet"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policies.Compile(parse(t, policy("slow", strings.ReplaceAll(c.policy, ", assign", "\nassign"))+document("Hypothesis", "holds", belief)+
				document("Verification", "try", "{hypothesis: holds, policies: [slow], ramp: "+c.ramp+"}")))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestAContinuousTrialHasItsOwnDefaults(t *testing.T) {
	set := compile(t, policy("slow", "percentage: 5")+document("Hypothesis", "holds", belief)+
		document("Verification", "try", "{hypothesis: holds, policies: [slow], mode: continuous, budget: {reserve: 20}}"))
	trial := set.Trial("try")
	want := policies.Spend{Window: 30 * 24 * time.Hour, Spend: 0.01, Reserve: 0.2, MaxRate: policies.Whole / 100}
	if *trial.Budget != want || trial.Interval != 5*time.Second || trial.Lease != 15*time.Second || trial.Duration != 24*time.Hour {
		t.Errorf("budget %+v, interval %v, lease %v, duration %v", *trial.Budget, trial.Interval, trial.Lease, trial.Duration)
	}
	for at, closed := range map[time.Time]bool{
		time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC): false, time.Date(2026, 11, 23, 8, 59, 0, 0, time.UTC): true,
		time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC): true,
	} {
		if got := trial.Calendar.Closed(at); (got != "") != closed {
			t.Errorf("at %v it says %q", at, got)
		}
	}
}
