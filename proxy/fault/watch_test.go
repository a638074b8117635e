package fault_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

const trace1 = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// shop is a promise at the listener "ingress" and a policy at "egress".
func shop(percentage string) string {
	return faulttest.Policy("slow", "{listener: egress, percentage: "+percentage+", fault: {delay: {fixed: 400ms}}}") + `---
apiVersion: poise.dev/v1alpha1
kind: Hypothesis
metadata: {name: checkout}
spec:
  belief: Checkout survives.
  objectives:
  - {name: availability, listener: ingress, match: [{path: {prefix: /checkout}}], good: {status: "<500"}, target: 99.5}
  - {name: latency, listener: ingress, match: [{path: {prefix: /checkout}}], good: {latency: 800ms}, target: 99}
`
}

// world is an engine whose ingress and egress a run watches.
type world struct {
	*fault.Watch
	engine          *fault.Engine
	permit          *faulttest.Permit
	ingress, egress *fault.Lane
}

func newWorld(t *testing.T, docs string, permit *faulttest.Permit, coin func() uint32) *world {
	t.Helper()
	w := &world{engine: faulttest.Engine(t, faulttest.Compile(t, docs), permit, coin), permit: permit}
	w.ingress, w.egress = w.engine.Lane("ingress"), w.engine.Lane("egress")
	var err error
	if w.Watch, err = w.engine.Watch(w.spec()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) spec() fault.WatchSpec {
	spec := fault.WatchSpec{Run: "r1", Policies: []string{"slow"}}
	for _, p := range w.engine.Set().Belief("checkout").Promises {
		spec.Promises = append(spec.Promises, fault.WatchedPromise{Promise: p, Listener: "ingress"})
	}
	return spec
}

// checkout is a request at the edge that makes this many payment calls, each
// carrying its trace on, and ends with the outcome.
func (w *world) checkout(calls int, o policies.Outcome) (arms []policies.Arm) {
	p := w.ingress.Enter(get("/checkout"))
	p.Inject(nil)
	start := time.Now()
	for range calls {
		arms = append(arms, w.pay("Traceparent", p.Traceparent()))
	}
	o.Latency += time.Since(start)
	p.Leave(o)
	return arms
}

func (w *world) pay(header ...string) policies.Arm {
	p := w.egress.Enter(get("/payments", header...))
	p.Inject(nil)
	defer p.Leave(ok())
	return p.Decision().Arm
}

func TestOneCoinIsTossedForEachRequestAtTheEdge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		coins := []uint32{0, policies.Whole - 1}
		next := 0
		w := newWorld(t, shop("50"), faulttest.NewPermit("slow"), func() uint32 { next++; return coins[(next-1)%2] })
		w.Phase(fault.PhaseInjecting)
		for i, want := range []policies.Arm{policies.ArmFault, policies.ArmControl} {
			for _, got := range w.checkout(3, ok()) {
				if got != want {
					t.Errorf("request %d: a call was in arm %s, want all three %s", i, got, want)
				}
			}
		}
		c := w.Read()
		if c.Fault.Requests != 1 || c.Control.Requests != 1 || c.Followed != 6 || c.Unfollowed != 0 {
			t.Errorf("counts %+v; want one request in each arm, 6 calls followed", c)
		}
		if c.Offered != 2 || c.Drawn != 1 {
			t.Errorf("%d coins tossed, %d on fault; want 2 and 1, whatever the number of calls", c.Offered, c.Drawn)
		}
		if c.Delivered != 1 || c.DelaySum != 1200*time.Millisecond {
			t.Errorf("delivered %d with %s in all, want 1 with 1.2s", c.Delivered, c.DelaySum)
		}
		// Three delays of 400 ms are slower than the 800 ms of the promise.
		if got := c.Promises[1].Fault; got.Bad != 1 || c.Promises[1].Control.Bad != 0 || c.Promises[0].Fault.Bad != 0 {
			t.Errorf("promises %+v; want the faulted request bad by latency only", c.Promises)
		}
	})
}

// TestAFaultThatEndsAfterItsRequestIsDeliveredToo has an application that gives
// a slow call up and answers; only then does the call's proxy notice.
func TestAFaultThatEndsAfterItsRequestIsDeliveredToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, shop("100"), faulttest.NewPermit("slow"), faulttest.Always)
		w.Phase(fault.PhaseInjecting)
		p := w.ingress.Enter(get("/checkout"))
		p.Inject(nil)
		call := w.egress.Enter(get("/payments", "Traceparent", p.Traceparent()))
		p.Leave(ok())
		if c := w.Read(); c.Fault.Requests != 1 || c.Delivered != 0 {
			t.Errorf("before the call's end: %+v; want it in the fault arm, not delivered yet", c)
		}
		call.Inject(nil)
		call.Leave(ok())
		if c := w.Read(); c.Delivered != 1 || c.DelaySum != 400*time.Millisecond || c.Begun != 1 {
			t.Errorf("after the call's end: %+v; want it delivered", c)
		}
	})
}

func TestARequestThatMakesNoCallIsInNoArm(t *testing.T) {
	w := newWorld(t, shop("100"), faulttest.NewPermit("slow"), faulttest.Always)
	w.Phase(fault.PhaseInjecting)
	w.checkout(0, ok())
	c := w.Read()
	if c.Fault.Requests+c.Control.Requests != 0 || c.Promises[0].All.Requests != 1 {
		t.Errorf("counts %+v; want one in All and none in the arms", c)
	}
}

func TestABaselineTossesCoinsAndInjectsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, shop("50"), faulttest.NewPermit(), faulttest.Always)
		w.Phase(fault.PhaseBaseline)
		start := time.Now()
		for _, arm := range w.checkout(1, ok()) {
			if arm != policies.ArmNone {
				t.Errorf("arm %s in a baseline, want none", arm)
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("a baseline delayed a request by %s", took)
		}
		if c := w.Read(); c.Before.Requests != 1 || c.BeforeDrawn != 1 || !c.FirstFault.IsZero() {
			t.Errorf("counts %+v; want one before, drawn, and no fault", c)
		}
	})
}

func TestARequestIsBadAsSoonAsItIsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, shop("100"), faulttest.NewPermit("slow"), faulttest.Always)
		w.Phase(fault.PhaseInjecting)
		p := w.ingress.Enter(get("/checkout"))
		p.Inject(nil)
		w.pay("Traceparent", p.Traceparent())
		time.Sleep(399 * time.Millisecond) // 799 ms in all
		if c := w.Read(); c.Promises[1].Fault.Requests != 0 || c.Promises[1].Pending != 1 {
			t.Errorf("at 799 ms: %+v; want pending, not counted", c.Promises[1])
		}
		time.Sleep(2 * time.Millisecond)
		c := w.Read()
		if c.Promises[1].Fault != (fault.Tally{Requests: 1, Bad: 1}) || c.Promises[1].All.Bad != 1 || c.Promises[1].Pending != 0 {
			t.Errorf("at 801 ms: %+v; want bad already", c.Promises[1])
		}
		if c.Promises[0].Pending != 1 || c.Fault != (fault.Tally{Requests: 1, Bad: 1}) {
			t.Errorf("availability %+v, arm %+v; want availability still pending, the request bad in its arm", c.Promises[0], c.Fault)
		}
		time.Sleep(time.Second)
		p.Leave(policies.Outcome{Status: 200, Complete: true, Latency: p.Elapsed()})
		c = w.Read()
		if c.Promises[1].Fault.Requests != 1 || c.Promises[1].All.Requests != 1 || c.Fault.Requests != 1 {
			t.Errorf("after its end: %+v; want it counted once", c)
		}
		if c.Promises[0].Fault != (fault.Tally{Requests: 1}) {
			t.Errorf("availability %+v; want good", c.Promises[0].Fault)
		}
	})
}

func TestAReleasedRequestIsInNeitherArm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, shop("100"), faulttest.NewPermit("slow"), faulttest.Always)
		w.Phase(fault.PhaseInjecting)
		time.AfterFunc(100*time.Millisecond, func() { w.permit.Revoke("slow") })
		w.checkout(1, ok())
		c := w.Read()
		if c.Fault.Requests != 0 || c.Released != 1 || c.Promises[0].All.Requests != 1 {
			t.Errorf("counts %+v; want it released, in All, in neither arm", c)
		}
		if want := 100 * time.Millisecond; c.LastFault.Sub(c.FirstFault) != want {
			t.Errorf("last fault %s after the first, want %s", c.LastFault.Sub(c.FirstFault), want)
		}
	})
}

func TestTwoLiveRequestsWithOneTraceAreInNoArm(t *testing.T) {
	w := newWorld(t, shop("100"), faulttest.NewPermit("slow"), faulttest.Always)
	w.Phase(fault.PhaseInjecting)
	one := w.ingress.Enter(get("/checkout", "Traceparent", trace1))
	two := w.ingress.Enter(get("/checkout", "Traceparent", trace1))
	if tp := one.Traceparent(); tp != "" {
		t.Errorf("a request that came with a traceparent was given another: %s", tp)
	}
	if arm := w.pay("Traceparent", trace1); arm != policies.ArmNone {
		t.Errorf("arm %s for a call that may belong to either, want none", arm)
	}
	for _, p := range []*fault.Passage{one, two} {
		p.Inject(nil)
		p.Leave(ok())
	}
	if c := w.Read(); c.Fault.Requests+c.Control.Requests != 0 || c.Promises[0].All.Requests != 2 {
		t.Errorf("counts %+v; want both in All, neither in an arm", c)
	}
}

func TestACallWithoutTraceIsNotInjectedWhileOthersCanBeFollowed(t *testing.T) {
	w := newWorld(t, shop("100"), faulttest.NewPermit("slow"), faulttest.Always)
	w.Phase(fault.PhaseInjecting)
	if arm := w.pay(); arm != policies.ArmNone {
		t.Errorf("arm %s, want none", arm)
	}
	if c := w.Read(); c.Held["not-followed"] != 1 || c.Unfollowed != 1 {
		t.Errorf("counts %+v; want one held back as not followed", c)
	}
}

func TestAnApplicationThatDropsTheTraceIsJudgedWithoutArms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, shop("100"), faulttest.NewPermit(), faulttest.Always)
		w.Phase(fault.PhaseBaseline)
		for range 3 {
			p := w.ingress.Enter(get("/checkout"))
			p.Inject(nil)
			w.pay() // without the trace
			p.Leave(ok())
		}
		w.permit.Grant("slow")
		w.Phase(fault.PhaseInjecting)
		if arm := w.pay(); arm != policies.ArmFault {
			t.Errorf("arm %s; want each call to toss its own coin", arm)
		}
		w.checkout(1, ok())
		c := w.Read()
		if c.Fault.Requests+c.Control.Requests+c.Before.Requests != 0 {
			t.Errorf("counts %+v; want no arms", c)
		}
		if c.Promises[0].All.Requests != 4 || c.FirstFault.IsZero() || c.Unfollowed < 4 {
			t.Errorf("counts %+v; want the whole route counted, and the first fault known", c)
		}
	})
}

func TestPromiseAndFaultOnOneListenerNeedNoTrace(t *testing.T) {
	docs := faulttest.Policy("slow", "{percentage: 100, fault: {abort: {status: 503}}}") + `---
apiVersion: poise.dev/v1alpha1
kind: Hypothesis
metadata: {name: checkout}
spec:
  belief: Checkout survives.
  objectives: [{name: availability, good: {status: "<500"}, target: 99.5}]
`
	e := faulttest.Engine(t, faulttest.Compile(t, docs), faulttest.NewPermit("slow"), faulttest.Always)
	lane := e.Lane("default")
	w, err := e.Watch(fault.WatchSpec{
		Policies: []string{"slow"},
		Promises: []fault.WatchedPromise{{Promise: e.Set().Belief("checkout").Promises[0], Listener: "default"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Phase(fault.PhaseInjecting)
	p := lane.Enter(get("/"))
	if p.Traceparent() != "" {
		t.Error("a request was given a traceparent though nothing needs following")
	}
	p.Inject(nil)
	p.Leave(policies.Outcome{Status: 503, Complete: true})
	if c := w.Read(); c.Fault != (fault.Tally{Requests: 1, Bad: 1}) || c.Delivered != 1 || c.Followed+c.Unfollowed != 0 {
		t.Errorf("counts %+v; want one bad request in the fault arm", c)
	}
}

func TestARunIsRefusedWhereAnotherOneMeasuresOrFaults(t *testing.T) {
	docs := shop("5") + faulttest.Policy("other", "{listener: egress, percentage: 5, fault: {abort: {status: 503}}}") +
		faulttest.Policy("everywhere", "{percentage: 5, fault: {abort: {status: 503}}}")
	w := newWorld(t, docs, faulttest.NewPermit(), nil)
	w.engine.Lane("ingress2")
	w.engine.Lane("elsewhere")
	promise := w.engine.Set().Belief("checkout").Promises[0]
	for name, tc := range map[string]struct {
		listener, policy string
		busy             bool
	}{
		"it faults the same calls for another promise": {"ingress2", "other", true},
		"it measures what the first one faults":        {"egress", "everywhere", true},
		"a policy without a listener is everywhere":    {"ingress2", "everywhere", true},
	} {
		t.Run(name, func(t *testing.T) {
			second, err := w.engine.Watch(fault.WatchSpec{
				Policies: []string{tc.policy}, Promises: []fault.WatchedPromise{{Promise: promise, Listener: tc.listener}},
			})
			if errors.Is(err, fault.ErrBusy) != tc.busy {
				t.Errorf("error %v, want busy: %t", err, tc.busy)
			}
			if second != nil {
				second.Close()
			}
		})
	}
}

func TestATraceStaysAmbiguousUntilItsLastRequestHasEnded(t *testing.T) {
	w := newWorld(t, shop("100"), faulttest.NewPermit("slow"), faulttest.Always)
	w.Phase(fault.PhaseInjecting)
	enter := func() *fault.Passage {
		p := w.ingress.Enter(get("/checkout", "Traceparent", trace1))
		p.Inject(nil)
		return p
	}
	one, two := enter(), enter()
	one.Leave(ok())
	three := enter()
	if arm := w.pay("Traceparent", trace1); arm != policies.ArmNone {
		t.Errorf("arm %s for a call of the second or the third, want none", arm)
	}
	two.Leave(ok())
	three.Leave(ok())
	four := enter()
	if arm := w.pay("Traceparent", trace1); arm != policies.ArmFault {
		t.Errorf("arm %s once the trace is alone again, want fault", arm)
	}
	four.Leave(ok())
}

func TestAStreamIsJudgedByItsHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, shop("100"), faulttest.NewPermit("slow"), faulttest.Always)
		w.Phase(fault.PhaseInjecting)
		p := w.ingress.Enter(get("/checkout"))
		p.Inject(nil)
		w.pay("Traceparent", p.Traceparent()) // 400 ms
		latency := p.Elapsed()
		p.Streaming()
		time.Sleep(time.Hour)
		if c := w.Read(); c.Promises[1].All.Requests != 0 || c.Promises[1].Pending != 0 {
			t.Errorf("a stream under way: %+v; want it neither bad by its age nor waited for", c.Promises[1])
		}
		p.Leave(policies.Outcome{Status: 200, Complete: true, Latency: latency})
		if c := w.Read(); c.Promises[1].Fault != (fault.Tally{Requests: 1}) {
			t.Errorf("at its end: %+v; want it good", c.Promises[1].Fault)
		}
	})
}

func TestARunThatBeginsWhileARequestIsHeldHasNothingToDoWithIt(t *testing.T) {
	e := faulttest.Engine(t, faulttest.Compile(t, shop("100")), faulttest.NewPermit("slow"), faulttest.Always)
	ingress, egress := e.Lane("ingress"), e.Lane("egress")
	_ = ingress
	p := egress.Enter(get("/payments"))
	w := &world{engine: e}
	var err error
	if w.Watch, err = e.Watch(w.spec()); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	close(gone)
	p.Inject(gone)
	p.Leave(ok())
	if c := w.Read(); c.Active != 0 || !c.FirstFault.IsZero() || c.Delivered != 0 {
		t.Errorf("counts %+v, want nothing of it", c)
	}
	if c, _ := e.Counts("slow"); c.Active != 0 {
		t.Errorf("%d faults are active for ever", c.Active)
	}
}

func TestTwoRunsNeverShareTraffic(t *testing.T) {
	w := newWorld(t, shop("5"), faulttest.NewPermit(), nil)
	if _, err := w.engine.Watch(w.spec()); !errors.Is(err, fault.ErrBusy) {
		t.Errorf("a second run over the same traffic: %v, want ErrBusy", err)
	}
	w.Close()
	second, err := w.engine.Watch(w.spec())
	if err != nil {
		t.Errorf("after the first run's end: %v", err)
	}
	second.Close()
}

func TestAWatchRefusesWhatDoesNotExist(t *testing.T) {
	w := newWorld(t, shop("5"), faulttest.NewPermit(), nil)
	w.Close()
	spec := w.spec()
	spec.Policies = []string{"nobody"}
	if _, err := w.engine.Watch(spec); err == nil {
		t.Error("an unknown policy was accepted")
	}
	spec = w.spec()
	spec.Promises[0].Listener = "nowhere"
	if _, err := w.engine.Watch(spec); err == nil {
		t.Error("an unknown listener was accepted")
	}
}

func TestRequestsStillOpenAtTheEndOfARunAreForgotten(t *testing.T) {
	w := newWorld(t, shop("5"), faulttest.NewPermit(), nil)
	p := w.ingress.Enter(get("/checkout"))
	p.Inject(nil)
	w.Close()
	p.Leave(ok())
	if c := w.Read(); c.Promises[0].All.Requests != 0 {
		t.Errorf("counts %+v, want none", c)
	}
}
