package verifier_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/verifier"
)

// script judges ticks made by hand, 250 ms apart.
type script struct {
	judge *verifier.Judge
	spec  verifier.Spec
	seq   int
	state verifier.State
	at    time.Duration
	c     verifier.Counts
	ticks []verifier.Tick
}

func newScript(s verifier.Spec) *script {
	return &script{
		judge: verifier.NewJudge(s), spec: s, state: verifier.StateBaseline,
		c: verifier.Counts{Objectives: make([]verifier.ObjectiveCounts, len(s.Objectives))},
	}
}

var epoch = time.Date(2026, 3, 7, 10, 15, 30, 0, time.UTC)

// step judges the counts as change leaves them.
func (s *script) step(change func(c *verifier.Counts)) verifier.Judgement {
	s.seq++
	s.at += s.spec.Interval
	if change != nil {
		change(&s.c)
	}
	s.c.At = epoch.Add(s.at)
	t := roundTrip(verifier.Tick{Seq: s.seq, At: s.c.At, Elapsed: s.at, State: s.state, Counts: s.c})
	s.ticks = append(s.ticks, t)
	j := s.judge.Step(t)
	s.state = j.State
	return j
}

// oneObjective is a spec with one objective and next to no baseline.
func oneObjective() verifier.Spec {
	s := spec()
	s.Objectives = s.Objectives[:1]
	s.Baseline = s.Interval
	return s
}

// counted adds requests of the arms to the first objective.
func counted(c *verifier.Counts, fault, faultBad, control, controlBad uint64) {
	o := &c.Objectives[0]
	for _, t := range []*verifier.Tally{&o.Fault, &c.Fault} {
		t.Requests, t.Bad = t.Requests+fault, t.Bad+faultBad
	}
	for _, t := range []*verifier.Tally{&o.Control, &c.Control} {
		t.Requests, t.Bad = t.Requests+control, t.Bad+controlBad
	}
	o.All.Requests, o.All.Bad = o.All.Requests+fault+control, o.All.Bad+faultBad+controlBad
	c.Delivered += fault
	c.DelaySum = time.Duration(c.Delivered) * 400 * time.Millisecond
	if fault > 0 && c.FirstFault.IsZero() {
		c.FirstFault = epoch.Add(300 * time.Millisecond)
	}
}

func before(c *verifier.Counts) {
	c.Before = verifier.Tally{Requests: 1000}
	c.BeforeDrawn = 50
	c.Objectives[0].All = verifier.Tally{Requests: 1000}
	c.Objectives[0].Before = verifier.Tally{Requests: 1000}
}

func TestMinBadHoldsABreachBack(t *testing.T) {
	spec := oneObjective()
	spec.Objectives[0].Allowed, spec.Objectives[0].Tolerance = 0.0005, 0.0005
	s := newScript(spec)
	s.step(before)
	s.step(nil)
	if j := s.step(func(c *verifier.Counts) { counted(c, 2, 2, 38, 0) }); j.Decision != nil {
		t.Fatalf("2 of 2 bad, and it is %s: %s", j.Decision.Verdict, j.Decision.Reason)
	}
	if e := s.judge.Run().Guards[1].Evidence; e < 200 {
		t.Errorf("the evidence shown is %v: it is there, only held back", e)
	}
	j := s.step(func(c *verifier.Counts) { counted(c, 2, 1, 38, 0) })
	if j.Decision == nil || j.Decision.Verdict != verifier.Breached || j.Renew || j.Revoke == "" {
		t.Fatalf("3 of 4 bad: %+v", j)
	}
	want := "availability: 3 of 4 faulted requests were bad (75%); 0.05% is tolerated. " +
		"Evidence against the belief reached 1/alpha = 100 after 700 ms of faults."
	if j.Decision.Reason != want {
		t.Errorf("reason %q, want %q", j.Decision.Reason, want)
	}
}

func TestManyPromisesBreakTogetherWithoutNamingOne(t *testing.T) {
	spec := spec()
	spec.Baseline = spec.Interval
	for i := range spec.Objectives {
		spec.Objectives[i].Advisory, spec.Objectives[i].Tolerance, spec.Objectives[i].Allowed = false, 0.01, 0.01
	}
	s := newScript(spec)
	s.step(func(c *verifier.Counts) {
		for i := range c.Objectives {
			c.Objectives[i].All.Requests = 100
		}
	})
	s.step(nil)
	for range 400 {
		j := s.step(func(c *verifier.Counts) {
			for i := range c.Objectives {
				counted := func(t *verifier.Tally, n, bad uint64) { t.Requests, t.Bad = t.Requests+n, t.Bad+bad }
				counted(&c.Objectives[i].Fault, 40, 1)
				counted(&c.Objectives[i].All, 40, 1)
			}
			c.FirstFault = epoch.Add(time.Second)
		})
		if j.Decision == nil {
			continue
		}
		if j.Decision.Verdict != verifier.Breached || !strings.HasPrefix(j.Decision.Reason, "No promise shows it alone, all together do; the strongest is availability: ") {
			t.Errorf("%+v", j.Decision)
		}
		for _, g := range j.Decision.Guards {
			if g.Evidence >= 600 {
				t.Errorf("%s %s alone is at %v: it should be named", g.Objective, g.Guard, g.Evidence)
			}
		}
		return
	}
	t.Error("2.5% instead of 1% everywhere, and no verdict")
}

func TestABreachLateInALongRunTellsItsLastRequests(t *testing.T) {
	s := newScript(oneObjective())
	s.spec.Duration = time.Hour
	s.judge = verifier.NewJudge(func() verifier.Spec { sp := s.spec; sp.Beta = 1e-9; return sp }())
	s.step(before)
	for range 200 {
		s.step(func(c *verifier.Counts) { counted(c, 20, 0, 380, 0) })
	}
	for range 10 {
		j := s.step(func(c *verifier.Counts) { counted(c, 20, 4, 380, 0) })
		if j.Decision == nil {
			continue
		}
		if want := "availability: 8 of 40 faulted requests of the last 500 ms were bad (20%); 0.5% is tolerated."; !strings.HasPrefix(j.Decision.Reason, want) {
			t.Errorf("%q, want %q", j.Decision.Reason, want)
		}
		return
	}
	t.Error("20% of the faulted requests break, and no verdict")
}

func TestAttribution(t *testing.T) {
	for name, c := range map[string]struct {
		fault, faultBad, control, controlBad uint64
		want                                 string
	}{
		"only the fault arm breaks":            {20, 10, 380, 0, "fault"},
		"the fault arm breaks more":            {20, 15, 380, 40, "fault"},
		"both break alike":                     {20, 2, 380, 38, "shared"},
		"the fault arm breaks, control unseen": {20, 10, 0, 0, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(oneObjective())
			s.step(before)
			s.step(nil)
			j := s.step(func(k *verifier.Counts) { counted(k, c.fault, c.faultBad, c.control, c.controlBad) })
			if j.Decision == nil || j.Decision.Attribution != c.want {
				t.Errorf("%+v, want %s", j.Decision, c.want)
			}
		})
	}
}

func TestWhatARunCosts(t *testing.T) {
	s := newScript(oneObjective())
	s.step(func(c *verifier.Counts) {
		before(c)
		c.Before.Bad, c.Objectives[0].Before.Bad, c.Objectives[0].All.Bad = 2, 2, 2
	})
	s.step(nil)
	s.step(func(c *verifier.Counts) { counted(c, 100, 0, 900, 12) })
	run := s.judge.Run()
	if got := run.Collateral.Points; got < 1.13 || got > 1.14 {
		t.Errorf("12 of 900 after 2 of 1000: collateral %v points, want 1.133", got)
	}
	if got := run.Budget.Spent; got != 10 {
		t.Errorf("12 of 1000 after 2 of 1000: spent %v, want 10", got)
	}
}

func TestTheSplitIsTestedWhereThereIsACoin(t *testing.T) {
	drawn := func(c *verifier.Counts) { c.Offered, c.Drawn = 1000, 0 }
	for name, c := range map[string]struct {
		policies []verifier.PolicySpec
		invalid  bool
	}{
		"one policy":                             {[]verifier.PolicySpec{{Name: "a", Share: 0.05}}, true},
		"the same share on two listeners":        {[]verifier.PolicySpec{{Name: "a", Share: 0.05, Listener: "x"}, {Name: "b", Share: 0.05, Listener: "y"}}, true},
		"two policies that may meet one request": {[]verifier.PolicySpec{{Name: "a", Share: 0.05, Listener: "x"}, {Name: "b", Share: 0.05}}, false},
		"different shares":                       {[]verifier.PolicySpec{{Name: "a", Share: 0.05, Listener: "x"}, {Name: "b", Share: 0.1, Listener: "y"}}, false},
		"a sticky key":                           {[]verifier.PolicySpec{{Name: "a", Share: 0.05, Sticky: true}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			spec := oneObjective()
			spec.Policies = c.policies
			s := newScript(spec)
			s.step(before)
			j := s.step(drawn)
			if invalid := j.Decision != nil && j.Decision.StopReason == verifier.StopInvalid; invalid != c.invalid {
				t.Errorf("none of 1000 drawn: %+v, want invalid %v", j.Decision, c.invalid)
			}
		})
	}
}

func TestWithoutArmsNothingIsUpheld(t *testing.T) {
	s := newScript(oneObjective())
	s.step(before)
	s.step(func(c *verifier.Counts) { c.Followed, c.Unfollowed = 4000, 6000 })
	for range 100 {
		if j := s.step(func(c *verifier.Counts) { counted(c, 40, 0, 760, 0) }); j.Decision != nil {
			t.Fatalf("%d of %d calls could not be followed, and it is %s", s.c.Unfollowed, s.c.Unfollowed+s.c.Followed, j.Decision.Verdict)
		}
	}
	s.c.Followed = 6001
	if j := s.step(func(c *verifier.Counts) { counted(c, 40, 0, 760, 0) }); j.Decision == nil || j.Decision.Verdict != verifier.Upheld {
		t.Errorf("with arms it is proven, and the judgement is %+v", j)
	}
}

func TestOldCountsAreNotRenewedFrom(t *testing.T) {
	s := newScript(oneObjective())
	s.step(before)
	if j := s.step(nil); !j.Renew {
		t.Fatal("new counts, and no renewal")
	}
	same := s.ticks[len(s.ticks)-1]
	same.Seq, same.Elapsed, same.Age = same.Seq+1, same.Elapsed+s.spec.Interval, s.spec.Interval
	if j := s.judge.Step(same); j.Renew || j.State != verifier.StateInjecting {
		t.Errorf("the same counts again: %+v", j)
	}
}

func TestReplayRefusesARecordWithHoles(t *testing.T) {
	s := newScript(oneObjective())
	s.step(before)
	s.step(nil)
	s.step(nil)
	if _, err := verifier.Replay(s.spec, s.ticks); err != nil {
		t.Error(err)
	}
	if _, err := verifier.Replay(s.spec, append(s.ticks[:1:1], s.ticks[2:]...)); err == nil || !strings.Contains(err.Error(), "tick 2 is missing") {
		t.Errorf("%v", err)
	}
	if _, err := verifier.Replay(s.spec, nil); err == nil {
		t.Error("no ticks are no record")
	}
	s.ticks[2].State = verifier.StatePaused
	if _, err := verifier.Replay(s.spec, s.ticks); err == nil || !strings.Contains(err.Error(), "the record says paused, judged again the run is injecting") {
		t.Errorf("%v", err)
	}
}

// dice draws a number of bad ones among n.
func dice(r *rand.Rand, n uint64, p float64) (bad uint64) {
	for range n {
		if r.Float64() < p {
			bad++
		}
	}
	return bad
}

// A service exactly at its objectives, looked at 300 times by nine guards: that
// is the hypothesis at its hardest.
func TestATrueHypothesisIsSeldomHalted(t *testing.T) {
	const runs = 200
	spec := spec()
	spec.Alpha, spec.Beta, spec.Baseline, spec.Duration = 0.05, 1e-9, 5*time.Second, 70*time.Second
	for i := range spec.Objectives {
		spec.Objectives[i].Ratio, spec.Objectives[i].Margin = 1, 1e-4
	}
	halted := 0
	for i := range uint64(runs) {
		r := rand.New(rand.NewPCG(20240611, i))
		s := newScript(spec)
		for range 300 {
			j := s.judge.Step(verifier.Tick{
				Seq: s.seq + 1, At: epoch.Add(s.at), Elapsed: s.at, State: s.state, Counts: fair(r, s),
			})
			s.seq, s.at, s.state = s.seq+1, s.at+spec.Interval, j.State
			if j.Decision != nil {
				halted++
				break
			}
		}
	}
	t.Logf("%d of %d runs halted, the bound is %v", halted, runs, spec.Alpha)
	if halted > 20 { // the bound and three standard errors
		t.Errorf("%d of %d true hypotheses were halted", halted, runs)
	}
}

// fair adds a tick's worth of requests at exactly what is allowed.
func fair(r *rand.Rand, s *script) verifier.Counts {
	s.c.At = epoch.Add(s.at + 1)
	s.c.Objectives = append([]verifier.ObjectiveCounts(nil), s.c.Objectives...)
	for i, o := range s.spec.Objectives {
		c := &s.c.Objectives[i]
		fault, control := dice(r, 10, o.Tolerance), dice(r, 90, o.Allowed)
		if s.state == verifier.StateInjecting {
			c.Fault = verifier.Tally{Requests: c.Fault.Requests + 10, Bad: c.Fault.Bad + fault}
			c.Control = verifier.Tally{Requests: c.Control.Requests + 90, Bad: c.Control.Bad + control}
		}
		c.All = verifier.Tally{Requests: c.All.Requests + 100, Bad: c.All.Bad + fault + control}
	}
	return s.c
}

func BenchmarkStep(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	spec := spec()
	spec.Duration = 1000 * time.Hour
	s := newScript(spec)
	b.ReportAllocs()
	for b.Loop() {
		s.judge.Step(verifier.Tick{Seq: s.seq + 1, At: epoch.Add(s.at), Elapsed: s.at, State: s.state, Counts: fair(r, s)})
		s.seq, s.at = s.seq+1, s.at+spec.Interval
	}
}

// FuzzJudge feeds any sequence of counts: whatever comes in, judging ends in at
// most one verdict, never upholds after a bad record, and judging the same ticks
// again leads to the same run.
func FuzzJudge(f *testing.F) {
	f.Add([]byte("a normal run of a few ticks with some bad ones among them"))
	f.Add([]byte{0, 0, 0, 255, 255, 255, 1, 2, 3, 128, 64, 32})
	f.Fuzz(func(t *testing.T, data []byte) {
		spec := spec()
		spec.Baseline, spec.Duration, spec.Recovery = time.Second, 4*time.Second, 2*time.Second
		switch len(data) % 4 {
		case 1:
			spec.Ramp = []verifier.Rung{{Share: 0.01, For: time.Second}, {Share: 0.05}}
		case 2:
			spec.Canary, spec.Policies, spec.Baseline = "X-Version v2 against v1", nil, 0
		case 3:
			spec.Continuous, spec.Ramp = true, []verifier.Rung{{Share: 0.01}}
			spec.Budget = &verifier.BudgetSpec{Window: time.Hour, Spend: 0.1, Reserve: 0.1}
		}
		for i := range spec.Objectives {
			spec.Objectives[i].Ratio, spec.Objectives[i].Margin = 1.25, spec.Objectives[i].Tolerance/2
		}
		s, decisions := newScript(spec), 0
		next := func() uint64 {
			if len(data) == 0 {
				return 0
			}
			b := data[0]
			data = data[1:]
			return uint64(b)
		}
		for len(data) > 0 {
			if next()%16 == 0 {
				s.at += time.Duration(next()) * time.Second / 8
			}
			j := s.step(func(c *verifier.Counts) {
				i := next() % uint64(len(c.Objectives))
				o := &c.Objectives[i]
				o.All.Requests += next()
				o.All.Bad += next() / 16
				o.Fault.Requests += next()
				o.Fault.Bad += next() / 16
				o.Pending = next() % 4
				c.Fault.Requests += next() / 2
				c.Delivered += next()
				if next()%8 == 0 {
					c.FirstFault = epoch
					c.LastFault = epoch.Add(s.at)
				}
			})
			if j.Decision != nil {
				decisions++
			}
			if j.Renew && (j.State != verifier.StateInjecting || s.judge.Run().Verdict != "") {
				t.Fatalf("a renewal while %s", j.State)
			}
		}
		if decisions > 1 {
			t.Fatalf("%d decisions", decisions)
		}
		if len(s.ticks) == 0 {
			return
		}
		again, err := verifier.Replay(spec, s.ticks)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := asJSON(t, again), asJSON(t, s.judge.Run()); got != want {
			t.Fatalf("judged again:\n%s\nthe first time:\n%s", got, want)
		}
	})
}
