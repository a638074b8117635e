package verifier_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/verifier"
)

// after lets so much of the bubble's time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAHungReadingIsNeverRenewedFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		hang := make(chan struct{})
		w.read = func(since time.Duration) error {
			if since > 20*time.Second && since < 21*time.Second {
				<-hang // whatever its context says
			}
			return nil
		}
		v := w.verifier(t)
		run, err := v.Start(t.Context(), spec())
		if err != nil {
			t.Fatal(err)
		}
		after(30 * time.Second)
		if w.faulting() {
			t.Error("the source hangs since 10 s, and faults flow")
		}
		renewals := w.entries("renew")
		if last := renewals[len(renewals)-1]; last.at > 20*time.Second {
			t.Errorf("renewed at %v from a source that hangs since 20 s", last.at)
		}
		if got, _ := v.Get(run.ID); got.State != verifier.StateInjecting {
			t.Errorf("after 10 s without counts the run is %s: it waits without faults", got.State)
		}
		after(6 * time.Second)
		if got, _ := v.Get(run.ID); got.State != verifier.StatePaused {
			t.Errorf("after 16 s without counts the run is %s, not paused", got.State)
		}

		close(hang) // the old answer comes in, with its old beat
		after(time.Second)
		if !w.faulting() {
			t.Error("the source is back, and the run does not go on")
		}
		for _, e := range w.entries("renew") {
			if e.at > 30*time.Second && e.beat < 30*time.Second {
				t.Errorf("renewed at %v from the beat of the reading that hung, %v", e.at, e.beat)
			}
		}
		run, err = v.Wait(t.Context(), run.ID)
		if err != nil || run.Verdict != verifier.Upheld {
			t.Errorf("%v, %v: want upheld", run.Verdict, err)
		}
		checkReplay(t, w, run)
	})
}

// hangInRecord makes the 80th tick, 19.75 s after the start, wait for release.
func hangInRecord(w *world) (release func()) {
	gone := make(chan struct{})
	w.tick = func(seq int) error {
		if seq == 80 {
			w.mu.Unlock()
			<-gone // whatever its context says
			w.mu.Lock()
		}
		return nil
	}
	return func() { close(gone) }
}

func TestARunThatHangsStopsItsFaultsByDoingNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		release := hangInRecord(w)
		v := w.verifier(t)
		run, err := v.Start(t.Context(), spec())
		if err != nil {
			t.Fatal(err)
		}
		after(22 * time.Second)
		if !w.faulting() {
			t.Fatal("the last renewal was 2 s ago, for 3 s, and there are no faults")
		}
		after(time.Second)
		if w.faulting() {
			t.Error("the verifier hangs for longer than a lease, and faults flow")
		}
		release()
		after(time.Second)
		if !w.faulting() {
			t.Error("the verifier is back, and nothing goes on")
		}
		if run, err = v.Wait(t.Context(), run.ID); err != nil || run.Verdict != verifier.Upheld {
			t.Errorf("%s, %v", run.Verdict, err)
		}
	})
}

func TestAHangingRunIsStoppedAtOnceAndForGood(t *testing.T) {
	for name, stop := range map[string]func(v *verifier.Verifier, run string, interrupt context.CancelCauseFunc){
		"by a person": func(v *verifier.Verifier, run string, _ context.CancelCauseFunc) {
			_ = v.Stop(run, verifier.Stop{Reason: verifier.StopOperator, Text: "Enough."})
		},
		"by a signal": func(_ *verifier.Verifier, _ string, interrupt context.CancelCauseFunc) {
			interrupt(nil)
			synctest.Wait()
		},
		"by the end of the process": func(v *verifier.Verifier, _ string, _ context.CancelCauseFunc) {
			over, cancel := context.WithCancel(context.Background())
			cancel()
			_ = v.Close(over)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				release := hangInRecord(w)
				v := w.verifier(t)
				ctx, interrupt := context.WithCancelCause(t.Context())
				defer interrupt(nil)
				run, err := v.Start(ctx, spec())
				if err != nil {
					t.Fatal(err)
				}
				hung := 79 * spec().Interval // the beat of the 80th tick
				after(hung)
				stop(v, run.ID, interrupt)
				if w.faulting() {
					t.Error("stopped, and faults flow")
				}
				release() // the judgement that hung said: renew
				after(time.Second)
				renewals := w.entries("renew")
				if last := renewals[len(renewals)-1]; last.at >= hung {
					t.Errorf("stopped at %v, renewed at %v", hung, last.at)
				}
				if got, err := v.Wait(t.Context(), run.ID); err != nil || got.Verdict != verifier.Stopped {
					t.Errorf("%+v, %v", got, err)
				}
			})
		})
	}
}

func TestAnAnswerThatComesTooLateIsNotRenewedFrom(t *testing.T) {
	for name, c := range map[string]struct {
		lease, takes time.Duration
	}{
		"after the lease it would renew":  {3 * time.Second, 5 * time.Second},
		"after a pause revoked the lease": {time.Minute, 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, asked := newWorld(), time.Duration(0)
				w.deaf = true
				w.read = func(since time.Duration) error {
					if since >= 20*time.Second && asked == 0 {
						asked = since
						time.Sleep(c.takes)
					}
					return nil
				}
				s := spec()
				s.Lease = c.lease
				run := w.run(t, s)
				for _, e := range w.entries("renew") {
					if e.beat <= asked && e.at > asked {
						t.Errorf("renewed at %v from the beat at %v", e.at, e.beat)
					}
				}
				if run.Verdict != verifier.Upheld {
					t.Errorf("%s: %s", run.Verdict, run.Reason)
				}
				checkReplay(t, w, run)
			})
		})
	}
}

func TestWhoStopsARunIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		stop   func(t *testing.T, v *verifier.Verifier, run string, interrupt context.CancelCauseFunc)
		reason string
		text   string
	}{
		"a signal": {
			func(_ *testing.T, _ *verifier.Verifier, _ string, interrupt context.CancelCauseFunc) { interrupt(nil) },
			verifier.StopOperator, "The run was interrupted.",
		},
		"a signal with a cause": {
			func(_ *testing.T, _ *verifier.Verifier, _ string, interrupt context.CancelCauseFunc) {
				interrupt(errors.New("interrupt signal received"))
			},
			verifier.StopOperator, "The run was interrupted: interrupt signal received.",
		},
		"a person": {
			func(t *testing.T, v *verifier.Verifier, run string, _ context.CancelCauseFunc) {
				t.Helper()
				if err := v.Stop(run, verifier.Stop{Reason: verifier.StopOperator, Text: "Ada stopped it."}); err != nil {
					t.Error(err)
				}
			},
			verifier.StopOperator, "Ada stopped it.",
		},
		"the end of the process": {
			func(t *testing.T, v *verifier.Verifier, _ string, _ context.CancelCauseFunc) {
				t.Helper()
				if err := v.Close(t.Context()); err != nil {
					t.Error(err)
				}
			},
			verifier.StopShutdown, "The process went down.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				v := w.verifier(t)
				ctx, interrupt := context.WithCancelCause(t.Context())
				defer interrupt(nil)
				run, err := v.Start(ctx, spec())
				if err != nil {
					t.Fatal(err)
				}
				after(20*time.Second + 100*time.Millisecond)
				at := w.since()
				c.stop(t, v, run.ID, interrupt)
				synctest.Wait()
				if w.faulting() {
					t.Error("stopped, and faults flow")
				}
				run, err = v.Wait(t.Context(), run.ID)
				if err != nil {
					t.Fatal(err)
				}
				if run.Verdict != verifier.Stopped || run.StopReason != c.reason || run.Reason != c.text || run.ExitCode() != 13 {
					t.Errorf("%s %s %q", run.Verdict, run.StopReason, run.Reason)
				}
				if took := w.since() - at; took > time.Second {
					t.Errorf("stopping took %v", took)
				}
				if run.LastFaultedAt.IsZero() || time.Duration(run.DecisionToLastFaulted) > 100*time.Millisecond {
					t.Errorf("last fault at %v, %v after the decision", run.LastFaultedAt, run.DecisionToLastFaulted)
				}
				checkPromises(t, w, run)
				checkReplay(t, w, run)
			})
		})
	}
}

func TestARunStoppedInTheBaselineNeverInjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		v := w.verifier(t)
		run, _ := v.Start(t.Context(), spec())
		after(5 * time.Second)
		_ = v.Stop(run.ID, verifier.Stop{Reason: verifier.StopOperator, Text: "Not now."})
		run, _ = v.Wait(t.Context(), run.ID)
		if run.StopReason != verifier.StopOperator || len(w.entries("renew")) > 0 || !run.FirstFaultAt.IsZero() {
			t.Errorf("%+v", run)
		}
		checkReplay(t, w, run)
	})
}

func TestStoppingADecidedRunOnlyCutsItsRecoveryShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.fault, w.control, w.heals = 0.5, 0.5, time.Hour
		v := w.verifier(t)
		run, _ := v.Start(t.Context(), spec())
		after(12 * time.Second)
		if got, _ := v.Get(run.ID); got.State != verifier.StateRecovering || got.Verdict != verifier.Breached {
			t.Fatalf("%s %s", got.State, got.Verdict)
		}
		if err := v.Close(t.Context()); err != nil {
			t.Error(err)
		}
		got, _ := v.Get(run.ID)
		if got.State != verifier.StateDone || got.Verdict != verifier.Breached || w.since() > 13*time.Second {
			t.Errorf("after %v: %s %s", w.since(), got.State, got.Verdict)
		}
		checkReplay(t, w, got)
	})
}

func TestAStartThatCannotBeRecordedIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.event = func(string) error { return errTest }
		v := w.verifier(t)
		_, err := v.Start(t.Context(), spec())
		if !errors.Is(err, verifier.ErrRecord) || !errors.Is(err, errTest) {
			t.Errorf("%v", err)
		}
		if !w.closed || len(v.List()) != 0 || len(w.entries("renew")) != 0 {
			t.Error("something was started")
		}
	})
}

func TestAVerdictThatCannotBeRecordedIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.fault = 0.5
		w.tick = func(int) error {
			if w.state == verifier.StateRecovering { // the deciding tick
				return errTest
			}
			return nil
		}
		run := w.run(t, spec())
		if run.Verdict != verifier.Stopped || run.StopReason != verifier.StopRecord || run.Attribution != "" {
			t.Errorf("%s %s %s", run.Verdict, run.StopReason, run.Attribution)
		}
		if !strings.Contains(run.Reason, "unrecorded, the verdict was breached: availability: ") {
			t.Errorf("reason %q", run.Reason)
		}
		if again, err := verifier.Replay(w.spec, w.ticks); err != nil || again.Verdict != "" {
			t.Errorf("replay of what is on record: %q, %v", again.Verdict, err)
		}
	})
}

func TestAVerdictOnRecordStandsWhenTheRestCannotBeRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.fault = 0.5
		w.event = func(kind string) error {
			if kind == verifier.KindDecision {
				return errTest
			}
			return nil
		}
		if run := w.run(t, spec()); run.Verdict != verifier.Breached || run.LastFaultedAt.IsZero() {
			t.Errorf("%s %q, last fault %v", run.Verdict, run.Reason, run.LastFaultedAt)
		}
	})
}

func TestTheTimelineOfABreach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.fault, w.control, w.heals = 0.5, 0.1, 4*time.Second
		run := w.run(t, spec())
		want := []string{
			"run.started", "baseline.held", "policy.armed", "lease.granted",
			"fault.first", "decision", "lease.revoked", "fault.last", "recovered", "run.ended",
		}
		if got := w.kinds(); !slices.Equal(got, want) {
			t.Errorf("timeline %q, want %q", got, want)
		}
		causes := map[string]string{}
		for _, e := range w.events {
			var of []string
			for _, id := range e.Because {
				for i, cause := range w.events {
					if id == "e"+string(rune('0'+i+1)) {
						of = append(of, cause.Kind)
					}
				}
			}
			causes[e.Kind] = strings.Join(of, " ")
		}
		for kind, cause := range map[string]string{
			"baseline.held": "run.started", "policy.armed": "baseline.held", "lease.granted": "policy.armed",
			"fault.first": "lease.granted", "decision": "fault.first", "lease.revoked": "decision",
			"fault.last": "lease.revoked", "recovered": "fault.last", "run.ended": "decision",
		} {
			if causes[kind] != cause {
				t.Errorf("%s because of %q, want %q", kind, causes[kind], cause)
			}
		}
		if took := time.Duration(run.Recovery); took < 3*time.Second || took > 5*time.Second {
			t.Errorf("all is well again 4 s after the last fault, and recovery is %v", run.Recovery)
		}
		if ended, ok := w.events[len(w.events)-1].Data.(verifier.RunEnded); !ok || ended.Verdict != verifier.Breached || ended.State != verifier.StateDone {
			t.Errorf("run.ended carries %+v", w.events[len(w.events)-1].Data)
		}
		if run.Collateral.Points < 9 || run.Budget.Spent < 20 {
			t.Errorf("collateral %v points, spent %v", run.Collateral.Points, run.Budget.Spent)
		}
	})
}

func TestARunThatNeverRecoversSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.fault, w.control, w.heals = 0.5, 0.5, time.Hour
		run := w.run(t, spec())
		if run.Recovery != 0 || run.EndedAt.Sub(run.DecidedAt) < 10*time.Second {
			t.Errorf("recovery %v, ended %v after the decision", run.Recovery, run.EndedAt.Sub(run.DecidedAt))
		}
	})
}

func TestUpheldWaitsForTheLastFaultedRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.pending, w.lingers = 8, 2*time.Second
		run := w.run(t, spec())
		revoked := w.entries("revoke")[0].at
		if waited := run.DecidedAt.Sub(w.began) - revoked; waited < 2*time.Second || waited > 3*time.Second {
			t.Errorf("decided %v after the faults ended; requests were under way for 2 s", waited)
		}
		if run.Verdict != verifier.Upheld {
			t.Errorf("%s", run.Verdict)
		}
	})
}

func TestWhatComesInLateCanBreakTheProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.pending, w.lingers = 8, 2*time.Second
		broken := time.Duration(0)
		w.meddle = func(since time.Duration, c *verifier.Counts) {
			if w.until > 10*time.Second && !w.live() && broken == 0 && since > w.until+time.Second {
				broken = since
			}
			if broken > 0 {
				for i := range c.Objectives {
					c.Objectives[i].Fault.Requests += 2
					c.Objectives[i].Fault.Bad += 2
				}
			}
		}
		run := w.run(t, spec())
		renewals := w.entries("renew")
		if broken == 0 || renewals[len(renewals)-1].at < broken {
			t.Errorf("two late requests were bad at %v, and faults did not go on", broken)
		}
		if run.Verdict != verifier.Upheld || run.DecidedAt.Sub(w.began) < broken+10*time.Second {
			t.Errorf("%s at %v, broken at %v", run.Verdict, run.DecidedAt.Sub(w.began), broken)
		}
		checkReplay(t, w, run)
	})
}

func TestRequestsThatNeverEndUpholdNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.pending, w.lingers = 8, time.Hour
		if run := w.run(t, spec()); run.Verdict != verifier.Inconclusive {
			t.Errorf("%s: %s", run.Verdict, run.Reason)
		}
	})
}

func TestTwoRunsNeverShareAPolicyOrAVerification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		v := w.verifier(t)
		if _, err := v.Start(t.Context(), spec()); err != nil {
			t.Fatal(err)
		}
		again, other := spec(), spec()
		again.Run, other.Run, other.Verification = "run-2", "run-3", "another"
		for _, s := range []verifier.Spec{again, other, spec()} {
			if _, err := v.Start(t.Context(), s); !errors.Is(err, verifier.ErrBusy) {
				t.Errorf("run %s of %s: %v, want ErrBusy", s.Run, s.Verification, err)
			}
		}
		if err := v.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := v.Start(t.Context(), again); !errors.Is(err, verifier.ErrClosed) {
			t.Errorf("started after the end: %v", err)
		}
	})
}

func TestAFreePolicyCanBeTestedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		v := w.verifier(t)
		s := spec()
		s.Run = ""
		for range 2 {
			run, err := v.Start(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Wait(t.Context(), run.ID); err != nil {
				t.Fatal(err)
			}
		}
		if runs := v.List(); len(runs) != 2 || runs[0].ID == runs[1].ID || runs[0].ID == "" {
			t.Errorf("%+v", runs)
		}
	})
}

func TestAskingForRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		v := w.verifier(t)
		if _, err := v.Get("nobody"); !errors.Is(err, verifier.ErrNoRun) {
			t.Errorf("%v", err)
		}
		if err := v.Stop("nobody", verifier.Stop{}); !errors.Is(err, verifier.ErrNoRun) {
			t.Errorf("%v", err)
		}
		run, _ := v.Start(t.Context(), spec())
		short, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		got, err := v.Wait(short, run.ID)
		if !errors.Is(err, context.DeadlineExceeded) || got.Verdict != "" || got.State != verifier.StateInjecting {
			t.Errorf("at the timeout the run stands at %s %q, %v", got.State, got.Verdict, err)
		}
		if got.Arms.Fault.Requests == 0 || got.Arms.Before.Requests == 0 || len(got.Guards) != 6 {
			t.Errorf("%+v", got)
		}
		if err := v.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, gone := newWorld(), make(chan struct{})
		w.read = func(time.Duration) error { <-gone; return nil }
		w.tick = func(int) error { w.mu.Unlock(); <-gone; w.mu.Lock(); return nil }
		v := w.verifier(t)
		if _, err := v.Start(t.Context(), spec()); err != nil {
			t.Fatal(err)
		}
		after(5 * time.Second)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := v.Close(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		close(gone)
	})
}
