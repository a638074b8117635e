package fault_test

import (
	"testing"
	"testing/synctest"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

func TestACanaryCountsVersionsWhateverFaultTheyMeet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := faulttest.Engine(t, faulttest.Compile(t, shop("50")), faulttest.NewPermit("slow"), faulttest.Always)
		ingress := engine.Lane("ingress")
		engine.Lane("egress")
		w, err := engine.Watch(fault.WatchSpec{
			Run: "r1", Canary: &policies.Populations{Header: "X-Version", Canary: "v2", Baseline: "v1"},
			Promises: []fault.WatchedPromise{{Promise: engine.Set().Belief("checkout").Promises[0], Listener: "ingress"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		visit := func(version string, status int) {
			p := ingress.Enter(get("/checkout", "X-Version", version))
			p.Inject(nil)
			o := ok()
			o.Status = status
			p.Leave(o)
		}
		visit("v2", 200) // before the run counts
		w.Phase(fault.PhaseInjecting)
		visit("v1", 200)
		visit("v1", 200)
		visit("v2", 503)
		visit("v3", 503)
		c := w.Read().Promises[0]
		if c.Fault != (fault.Tally{Requests: 1, Bad: 1}) || c.Control != (fault.Tally{Requests: 2}) || c.All != (fault.Tally{Requests: 5, Bad: 2}) {
			t.Errorf("counted %+v", c)
		}
	})
}
