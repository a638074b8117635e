package fault_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// enter lets a request in and returns what to do, with a func that ends it.
func enter(lane *fault.Lane) (fault.Do, func()) {
	p := lane.Enter(get("/"))
	do := p.Inject(nil).Do
	return do, func() { p.Leave(ok()) }
}

// faults counts the requests of n that meet an abort.
func faults(lane *fault.Lane, n int) (met int) {
	for range n {
		do, leave := enter(lane)
		leave()
		if do == fault.Answer {
			met++
		}
	}
	return met
}

func TestMaxPerSecondAllowsABurstOfOneSecondAndThenItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {abort: {status: 503}}, limits: {maxPerSecond: 10}}"))
		e := faulttest.Engine(t, set, faulttest.NewPermit("p"), faulttest.Always)
		lane := e.Lane("default")
		if got := faults(lane, 50); got != 10 {
			t.Errorf("a burst let %d faults through, want 10", got)
		}
		time.Sleep(500 * time.Millisecond)
		if got := faults(lane, 50); got != 5 {
			t.Errorf("half a second later %d faults, want 5", got)
		}
		time.Sleep(time.Hour)
		if got := faults(lane, 50); got != 10 {
			t.Errorf("after a rest %d faults, want a burst of 10", got)
		}
		if c, _ := e.Counts("p"); c.Suppressed["max-per-second"] != 125 {
			t.Errorf("held back %v, want 125 for max-per-second", c.Suppressed)
		}
	})
}

func TestMaxPerSecondBelowOneStillAllowsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {abort: {status: 503}}, limits: {maxPerSecond: 0.5}}"))
		lane := faulttest.Engine(t, set, faulttest.NewPermit("p"), faulttest.Always).Lane("default")
		for i, want := range []int{1, 0, 1, 0, 1} {
			if got := faults(lane, 3); got != want {
				t.Errorf("after %d s: %d faults, want %d", i, got, want)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestMaxShareLooksAtTheLastTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {abort: {status: 503}}, limits: {maxShare: 5}}"))
		lane := faulttest.Engine(t, set, faulttest.NewPermit("p"), faulttest.Always).Lane("default")
		met := 0
		for range 1000 { // 100 a second for ten seconds
			met += faults(lane, 1)
			time.Sleep(10 * time.Millisecond)
		}
		if met < 49 || met > 51 {
			t.Errorf("%d of 1000 requests met the fault, want 5%%", met)
		}
		time.Sleep(11 * time.Second)
		if got := faults(lane, 10); got != 1 {
			t.Errorf("after a quiet time %d of 10, want 1: one is faulttest.Always within the share", got)
		}
	})
}

func TestMaxConcurrentIsExactUnderContention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {delay: {fixed: 1s}}, limits: {maxConcurrent: 3}}"))
		e := faulttest.Engine(t, set, faulttest.NewPermit("p"), faulttest.Always)
		lane := e.Lane("default")
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				p := lane.Enter(get("/"))
				p.Inject(nil)
				p.Leave(ok())
			})
		}
		synctest.Wait()
		c, _ := e.Counts("p")
		if c.Active != 3 || c.Suppressed["max-concurrent"] != 47 {
			t.Errorf("active %d, suppressed %v; want 3 active and 47 held back", c.Active, c.Suppressed)
		}
		all.Wait()
		if c, _ := e.Counts("p"); c.Active != 0 || c.Fault != 3 {
			t.Errorf("afterwards active %d, fault %d; want 0 and 3", c.Active, c.Fault)
		}
	})
}

func TestTheNumberOfFaultsOfAGrantIsNeverExceeded(t *testing.T) {
	permit := faulttest.NewPermit("p")
	permit.Allow("p", 2)
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {abort: {status: 503}}}")), permit, faulttest.Always)
	if got := faults(e.Lane("default"), 10); got != 2 {
		t.Errorf("%d faults under a grant of 2", got)
	}
	if c, _ := e.Counts("p"); c.Suppressed["lease-spent"] != 8 || c.Active != 0 {
		t.Errorf("suppressed %v, active %d; want 8 for lease-spent, none active", c.Suppressed, c.Active)
	}
}
