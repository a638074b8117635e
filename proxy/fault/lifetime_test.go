package fault_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

func TestTheFirstRequestsFailAndThenNone(t *testing.T) {
	text := func(status string) string {
		return faulttest.Policy("p", "{failFirst: 3, match: [{path: {prefix: /pay}}], fault: {abort: {status: "+status+"}}}")
	}
	permit := faulttest.NewPermit()
	e := faulttest.Engine(t, faulttest.Compile(t, text("503")), permit, nil)
	lane := e.Lane("default")
	act := func(path string) fault.Do {
		p := lane.Enter(get(path))
		defer p.Leave(ok())
		return p.Inject(nil).Do
	}
	if act("/pay") != fault.Forward {
		t.Error("a request failed without a lease")
	}
	permit.Grant("p")
	for i, path := range []string{"/pay", "/other", "/pay", "/pay", "/pay", "/pay"} {
		want := fault.Forward
		if path == "/pay" && i < 4 {
			want = fault.Answer
		}
		if got := act(path); got != want {
			t.Errorf("request %d to %s: %d, want %d", i, path, got, want)
		}
	}
	e.Load(faulttest.Compile(t, text("503")))
	if act("/pay") != fault.Forward {
		t.Error("a reload of the same document began to count anew")
	}
	e.Load(faulttest.Compile(t, text("500")))
	if act("/pay") != fault.Answer {
		t.Error("a changed policy did not begin to count anew")
	}
}

func TestAPolicyEndsWhenItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(time.Minute).UTC()
		e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p",
			"{percentage: 100, expires: "+end.Format(time.RFC3339)+", fault: {delay: {fixed: 50s}}}")), faulttest.NewPermit("p"), faulttest.Always)
		lane := e.Lane("default")
		for i, want := range []struct {
			took    time.Duration
			counted uint64
		}{
			{50 * time.Second, 1}, // in time
			{10 * time.Second, 1}, // let go at the end
			{0, 1},                // not begun
		} {
			start := time.Now()
			p := lane.Enter(get("/"))
			if a := p.Inject(nil); a.Do != fault.Forward {
				t.Errorf("request %d: %d, want Forward", i, a.Do)
			}
			p.Leave(ok())
			if took := time.Since(start); took != want.took {
				t.Errorf("request %d was held for %s, want %s", i, took, want.took)
			}
			if c, _ := e.Counts("p"); c.Fault != want.counted || c.Active != 0 {
				t.Errorf("after request %d: %+v", i, c)
			}
		}
		if c, _ := e.Counts("p"); c.Suppressed["expired"] != 1 {
			t.Errorf("suppressed %v, want one for expired", c.Suppressed)
		}
	})
}

func TestASeedRepeatsHowLongRequestsAreHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, seed: 7, fault: {delay: {uniform: {min: 1ms, max: 10s}}}}"))
		run := func() (held [5]time.Duration) {
			lane := faulttest.Engine(t, set, faulttest.NewPermit("p"), nil).Lane("default")
			for i := range held {
				start := time.Now()
				p := lane.Enter(get("/"))
				p.Inject(nil)
				p.Leave(ok())
				held[i] = time.Since(start)
			}
			return held
		}
		first, second := run(), run()
		if first != second || first[0] == first[1] {
			t.Errorf("held %v and %v; want the same twice, and no two alike", first, second)
		}
	})
}
