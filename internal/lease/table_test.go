package lease_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/internal/lease"
)

var errBreached = errors.New("the promise is broken")

// bench is a table on virtual time, and what its hook was told.
type bench struct {
	*testing.T
	*lease.Table

	told *told
}

func newBench(t *testing.T) bench {
	t.Helper()
	start, told := time.Now(), &told{}
	return bench{T: t, told: told, Table: lease.New(lease.Options{
		Clock: func() lease.Instant { return time.Since(start) },
		OnEnd: told.end,
	})}
}

// renew grants the policies to the run for a second.
func (b bench) renew(run string, policies ...string) {
	b.Helper()
	if err := b.Renew(policies, run, b.Beat(), time.Second, 0); err != nil {
		b.Fatal(err)
	}
}

// live says whether policy a may inject.
func (b bench) live() bool {
	_, live := b.Live("a")
	return live
}

type told struct {
	mu   sync.Mutex
	ends []string
}

func (t *told) end(policy, run string, cause error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ends = append(t.ends, policy+" "+run+": "+cause.Error())
}

func (t *told) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.Sort(t.ends)
	return t.ends
}

func pass(d time.Duration) {
	<-time.NewTimer(d).C
	synctest.Wait()
}

func TestTable(t *testing.T) {
	for _, tt := range []struct {
		name string
		test func(b bench)
	}{
		{"several policies are granted together or not at all", func(b bench) {
			b.renew("other", "b")
			err := b.Renew([]string{"a", "b"}, "mine", b.Beat(), time.Second, 0)
			if !errors.Is(err, lease.ErrHeld) {
				b.Fatalf("err = %v, want %v", err, lease.ErrHeld)
			}
			if b.live() {
				b.Fatal("half of a refused grant lives")
			}
		}},
		{"a refusal names who holds the policy", func(b bench) {
			b.renew("run-7", "a")
			err := b.Apply(lease.Grant{Policy: "a", Until: lease.Forever})
			if err == nil || !strings.Contains(err.Error(), "run-7") {
				b.Fatalf("err = %v, want it to name run-7", err)
			}
		}},
		{"two runs in one grant of a policy are refused", func(b bench) {
			err := b.Apply(lease.Grant{Policy: "a", Run: "x", Until: 9}, lease.Grant{Policy: "a", Run: "y", Until: 9})
			if !errors.Is(err, lease.ErrHeld) {
				b.Fatalf("err = %v, want %v", err, lease.ErrHeld)
			}
		}},
		{"a policy is free for others once its lease ended", func(b bench) {
			b.renew("one", "a")
			pass(2 * time.Second)
			b.renew("two", "a")
		}},
		{"lower terms are refused, a higher one is the new measure", func(b bench) {
			grant := lease.Grant{Policy: "a", Run: "r", Term: 7, Until: b.Beat() + time.Second}
			if err := b.Apply(grant); err != nil {
				b.Fatal(err)
			}
			grant.Term, grant.Until = 6, grant.Until+time.Minute
			if err := b.Apply(grant); !errors.Is(err, lease.ErrTerm) {
				b.Fatalf("err = %v, want %v", err, lease.ErrTerm)
			}
			pass(time.Second)
			if b.live() {
				b.Fatal("the deposed leader's grant extended the lease")
			}
		}},
		{"a run may go on after it revoked its own lease", func(b bench) {
			b.renew("r", "a")
			b.Revoke("r", errors.New("blind"))
			pass(time.Second)
			b.renew("r", "a")
		}},
		{"a renewal from before the revocation is too late", func(b bench) {
			b.renew("r", "a")
			beat := b.Beat()
			pass(time.Millisecond)
			b.Revoke("r", errBreached)
			err := b.Renew([]string{"a"}, "r", beat, time.Minute, 0)
			if !errors.Is(err, lease.ErrLate) || !errors.Is(err, errBreached) {
				b.Fatalf("err = %v, want %v because %v", err, lease.ErrLate, errBreached)
			}
		}},
		{"a run whose lease a person ended never gets another", func(b bench) {
			b.renew("r", "a", "b")
			b.End("a", errors.New("enough"))
			pass(time.Millisecond)
			err := b.Renew([]string{"a", "b"}, "r", b.Beat(), time.Minute, 0)
			if !errors.Is(err, lease.ErrBarred) || !strings.Contains(err.Error(), "enough") {
				b.Fatalf("err = %v, want %v and why", err, lease.ErrBarred)
			}
		}},
		{"a run that was halted never gets another lease", func(b bench) {
			b.renew("r", "a")
			b.Halt(errors.New("stop"))
			pass(time.Second)
			b.Resume(b.Term())
			pass(time.Second)
			if err := b.Renew([]string{"a"}, "r", b.Beat(), time.Minute, 0); !errors.Is(err, lease.ErrBarred) {
				b.Fatalf("err = %v, want %v", err, lease.ErrBarred)
			}
		}},
		{"a beat from the future is worth no more than now", func(b bench) {
			if err := b.Renew([]string{"a"}, "r", b.Beat()+time.Hour, time.Second, 0); err != nil {
				b.Fatal(err)
			}
			pass(time.Second)
			if b.live() {
				b.Fatal("the lease outlived its time to live")
			}
		}},
		{"a grant without time is refused", func(b bench) {
			for _, ttl := range []time.Duration{0, -1, -lease.Forever} {
				if err := b.Renew([]string{"a"}, "r", b.Beat(), ttl, 0); !errors.Is(err, lease.ErrLate) {
					b.Errorf("ttl %v: err = %v, want %v", ttl, err, lease.ErrLate)
				}
			}
		}},
		{"a standing lease lasts until it is ended", func(b bench) {
			if err := b.Apply(lease.Grant{Policy: "a", Until: lease.Forever}); err != nil {
				b.Fatal(err)
			}
			pass(1000 * time.Hour)
			if !b.live() || b.Leases()[0].Left != lease.Forever {
				b.Fatal("the standing lease ended by itself")
			}
			b.End("a", nil)
			if b.live() {
				b.Fatal("the standing lease was not ended")
			}
		}},
		{"a grant may shorten the lease", func(b bench) {
			b.renew("r", "a")
			released, _ := b.Live("a")
			if err := b.Renew([]string{"a"}, "r", b.Beat(), time.Millisecond, 0); err != nil {
				b.Fatal(err)
			}
			pass(time.Millisecond)
			select {
			case <-released:
			default:
				b.Fatal("a request still sleeps")
			}
		}},
		{"a grant is worth its number of faults, and a renewal states it anew", func(b bench) {
			g := lease.Grant{Policy: "a", Until: b.Beat() + time.Second, Faults: 2}
			for round := range 2 {
				if err := b.Apply(g); err != nil {
					b.Fatal(err)
				}
				if spent := []bool{b.Spend("a"), b.Spend("a"), b.Spend("a")}; !slices.Equal(spent, []bool{true, true, false}) {
					b.Fatalf("round %d: the grant was not worth two faults: %v", round, spent)
				}
			}
			if !b.live() {
				b.Fatal("a spent lease is a live one")
			}
		}},
		{"no faults are left when the number is negative, and no bound when it is 0", func(b bench) {
			_ = b.Apply(lease.Grant{Policy: "none", Until: 1, Faults: -1}, lease.Grant{Policy: "any", Until: 1})
			if b.Spend("none") || !b.Spend("any") {
				b.Fatal("a number of faults means something else")
			}
		}},
		{"nothing is spent after the deadline", func(b bench) {
			b.renew("r", "a")
			pass(time.Second)
			if b.Spend("a") {
				b.Fatal("a fault was spent under a lease that expired")
			}
		}},
		{"a forgotten policy is off, and forgotten", func(b bench) {
			b.renew("r", "a")
			released, _ := b.Live("a")
			b.Forget("a")
			<-released
			if cause := b.Cause("a"); !errors.Is(cause, lease.ErrNone) {
				b.Fatalf("cause = %v, want %v", cause, lease.ErrNone)
			}
			if got, want := b.told.all(), []string{"a r: the policy was deleted"}; !slices.Equal(got, want) {
				b.Fatalf("told %q, want %q", got, want)
			}
			b.Forget("never was")
		}},
		{"the hook hears every end once, with its cause", func(b bench) {
			b.renew("r1", "a")
			b.renew("r2", "b")
			b.renew("r3", "c")
			b.Revoke("r2", errBreached)
			pass(time.Second)
			_ = b.Apply(lease.Grant{Policy: "d", Until: lease.Forever})
			b.Halt(errors.New("stop"))
			want := []string{
				"a r1: the lease expired", "b r2: the promise is broken",
				"c r3: the lease expired", "d : poise is halted: stop",
			}
			if got := b.told.all(); !slices.Equal(got, want) {
				b.Fatalf("told %q, want %q", got, want)
			}
		}},
		{"the first of several halts says why", func(b bench) {
			b.Halt(errBreached)
			b.Halt(errors.New("me too"))
			if cause := b.Halted(); !errors.Is(cause, errBreached) {
				b.Fatalf("halted: %v, want %v", cause, errBreached)
			}
		}},
		{"a resume does not undo a later halt", func(b bench) {
			b.Halt(errBreached)
			seen := b.Term()
			b.Halt(errors.New("again"))
			if b.Resume(seen) || b.Halted() == nil {
				b.Fatal("the later halt was undone")
			}
			if !b.Resume(b.Term()) || b.Halted() != nil {
				b.Fatal("still halted")
			}
		}},
		{"a resume when not halted changes nothing", func(b bench) {
			b.renew("r", "a")
			if !b.Resume(b.Term()) || !b.live() {
				b.Fatal("the resume did something")
			}
		}},
		{"the list shows what is live, by policy", func(b bench) {
			b.renew("r", "b", "a")
			pass(400 * time.Millisecond)
			leases := b.Leases()
			if len(leases) != 2 || leases[0].Policy != "a" || leases[1].Run != "r" || leases[0].Left != 600*time.Millisecond {
				b.Fatalf("leases: %+v", leases)
			}
			pass(600 * time.Millisecond)
			if leases := b.Leases(); len(leases) != 0 {
				b.Fatalf("leases: %+v, want none", leases)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				tt.test(b)
				b.Halt(nil) // no timer outlives the test
			})
		})
	}
}

// A stopped process, or a suspended machine, wakes with its timers late: the
// clock alone must be enough.
func TestNothingLivesAfterTheDeadlineWhenTimersAreLate(t *testing.T) {
	var now atomic.Int64
	b := bench{T: t, Table: lease.New(lease.Options{Clock: func() lease.Instant { return lease.Instant(now.Load()) }})}
	b.renew("r", "a")
	released, _ := b.Live("a")
	now.Store(int64(time.Second)) // no timer fires: no real time has passed
	if b.live() || b.Spend("a") || len(b.Leases()) != 0 {
		t.Fatal("the lease lives past its deadline")
	}
	if cause := b.Cause("a"); !errors.Is(cause, lease.ErrExpired) {
		t.Fatalf("cause = %v, want %v", cause, lease.ErrExpired)
	}
	b.renew("r", "a")
	fresh, _ := b.Live("a")
	if fresh == released {
		t.Fatal("the renewal revived a lease that was over")
	}
	select {
	case <-released:
	default:
		t.Fatal("requests of the lease that was over still sleep")
	}
	b.Revoke("r", nil)
}

// While the machine is suspended the lease clock goes on and timers stand
// still; sleepers of a lease that ended meanwhile wake within a second of it.
func TestSleepersWakeSoonAfterASuspension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var suspended atomic.Int64
		table := lease.New(lease.Options{Clock: func() lease.Instant {
			return time.Since(start) + time.Duration(suspended.Load())
		}})
		if err := table.Renew([]string{"a"}, "r", table.Beat(), time.Hour, 0); err != nil {
			t.Fatal(err)
		}
		released, _ := table.Live("a")
		pass(10 * time.Second)
		suspended.Store(int64(8 * time.Hour))
		pass(time.Second)
		select {
		case <-released:
		default:
			t.Fatal("a request still sleeps, an age after its lease ended")
		}
	})
}

func TestTheSystemClockMovesForward(t *testing.T) {
	table := lease.New(lease.Options{})
	if err := table.Renew([]string{"a"}, "r", table.Beat(), 5*time.Millisecond, 0); err != nil {
		t.Fatal(err)
	}
	released, live := table.Live("a")
	if !live {
		t.Fatal("the lease is not live")
	}
	<-released
	if _, live := table.Live("a"); live {
		t.Fatal("the lease lives after it ended")
	}
}

func TestAskingDoesNotAllocate(t *testing.T) {
	table := lease.New(lease.Options{})
	if err := table.Apply(lease.Grant{Policy: "a", Until: lease.Forever, Faults: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { table.Live("a"); table.Live("b"); table.Spend("a") }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkLive(b *testing.B) {
	for name, table := range map[string]*lease.Table{
		"system clock": lease.New(lease.Options{}),
		"free clock":   lease.New(lease.Options{Clock: func() lease.Instant { return 0 }}),
	} {
		if err := table.Apply(lease.Grant{Policy: "payment-slow", Until: lease.Forever}); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, live := table.Live("payment-slow"); !live {
						b.Error("not live")
						return
					}
				}
			})
		})
	}
}
