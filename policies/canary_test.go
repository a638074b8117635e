package policies_test

import (
	"testing"

	"github.com/poise-dev/poise/policies"
)

func TestACanaryTellsVersionsApartByAHeader(t *testing.T) {
	set := compile(t, document("Hypothesis", "holds", belief)+
		document("Verification", "try", `{hypothesis: holds, mode: canary, canary: {by: "header:x-version", canary: v2, baseline: v1}}`))
	trial := set.Trial("try")
	if trial.Baseline != 0 || trial.Canary.String() != "X-Version v2 against v1" {
		t.Errorf("a baseline of %v, populations %v", trial.Baseline, trial.Canary)
	}
	for name, c := range map[string]struct {
		fields policies.Fields
		want   policies.Arm
	}{
		"the canary":               {policies.FieldMap{"X-Version": {"v2"}}, policies.ArmFault},
		"the version before it":    {policies.FieldMap{"X-Version": {"v1"}}, policies.ArmControl},
		"any other version":        {policies.FieldMap{"X-Version": {"v20"}}, policies.ArmNone},
		"the first of two":         {policies.FieldMap{"X-Version": {"v1", "v2"}}, policies.ArmControl},
		"a request without header": {policies.FieldMap{}, policies.ArmNone},
		"a request without any":    {nil, policies.ArmNone},
	} {
		t.Run(name, func(t *testing.T) {
			if got := trial.Canary.Of(c.fields); got != c.want {
				t.Errorf("it is %v, want %v", got, c.want)
			}
		})
	}
}
