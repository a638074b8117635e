package fault_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

func TestTheShareInForceTakesThePlaceOfThePercentage(t *testing.T) {
	const percent = policies.Whole / 100
	for name, c := range map[string]struct {
		own   string
		share policies.Percent // 0: not set
		toss  uint32
		want  policies.Arm
	}{
		"without a share the policy's own counts":   {own: "50", toss: 49 * percent, want: policies.ArmFault},
		"a coin below the share is drawn":           {own: "50", share: 10 * percent, toss: 10*percent - 1, want: policies.ArmFault},
		"a coin at the share is control":            {own: "50", share: 10 * percent, toss: 10 * percent, want: policies.ArmControl},
		"also where the policy would draw them all": {own: "100", share: 10 * percent, toss: 10 * percent, want: policies.ArmControl},
		"a share never exceeds the policy's own":    {own: "5", share: 10 * percent, toss: 5 * percent, want: policies.ArmControl},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, shop(c.own), faulttest.NewPermit("slow"), func() uint32 { return c.toss })
				w.Phase(fault.PhaseInjecting)
				if c.share > 0 {
					w.Share(c.share)
				}
				if got := w.checkout(2, ok()); !slices.Equal(got, []policies.Arm{c.want, c.want}) {
					t.Errorf("the calls are in %v, want %v", got, c.want)
				}
			})
		})
	}
}
