package verifier_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/verifier"
)

// between says whether a time is within a window.
func between(since, from, to time.Duration) bool { return since >= from && since < to }

type scenario struct {
	world       func(*world)
	spec        func(*verifier.Spec)
	verdict     verifier.Verdict
	stop        string
	attribution string
	reason      string // part of it
	exit        int
	unrecorded  bool // the last tick is not in the record
}

func scenarios() map[string]scenario {
	return map[string]scenario{
		"nothing breaks, and it is proven": {
			verdict: verifier.Upheld, exit: 0,
			reason: "availability: 0 of 790 faulted requests were bad (0%); 0.5% is tolerated; and latency: 0 of 790 faulted requests were bad (0%); 1% is tolerated. Evidence for the belief reached 1/beta = 20 after",
		},
		"half of the faulted requests break": {
			world:   func(w *world) { w.fault = 0.5 },
			verdict: verifier.Breached, attribution: "fault", exit: 10,
			reason: "faulted requests were bad (50%); 0.5% is tolerated. Evidence against the belief reached 1/alpha = 100 after",
		},
		"everybody breaks once faults flow": {
			world:   func(w *world) { w.fault, w.control = 0.2, 0.2 },
			verdict: verifier.Breached, attribution: "shared", exit: 10,
			reason: "availability: 20 of 100 requests of the last 250 ms were bad (20%); 0.5% is allowed.",
		},
		"a breach on the whole route, without arms": {
			world:   func(w *world) { w.unfollowed, w.control = true, 0.2 },
			verdict: verifier.Breached, attribution: "unknown", exit: 10,
			reason: "0.5% is allowed",
		},
		"nothing breaks, without arms": {
			world:   func(w *world) { w.unfollowed = true },
			verdict: verifier.Inconclusive, exit: 11,
			reason: "does not pass trace context on",
		},
		"just within what is tolerated": {
			world:   func(w *world) { w.fault = 0.004 },
			verdict: verifier.Inconclusive, exit: 11,
			reason: "The time ended after 120.0 s, before the evidence decided. availability: 9 of 2400 faulted requests were bad",
		},
		"no request comes in the baseline": {
			world:   func(w *world) { w.perSecond = 0 },
			verdict: verifier.NotExercised, exit: 12,
			reason: "availability: no request came in the 10.0 s before the first fault.",
		},
		"too few requests meet the fault": {
			world:   func(w *world) { w.perSecond = 60 },
			verdict: verifier.NotExercised, exit: 12,
			reason: "availability: 360 requests met the fault; with fewer than 598, 0.5% cannot be told from more",
		},
		"the fault never arrives": {
			world:   func(w *world) { w.delivered = 0.1 },
			verdict: verifier.NotExercised, exit: 12,
			reason: "drawn requests met their fault",
		},
		"delays are far shorter than asked": {
			world:   func(w *world) { w.delay = 100 * time.Millisecond },
			verdict: verifier.NotExercised, exit: 12,
			reason: "delayed by 100ms on average, and 400ms was asked",
		},
		"the baseline fails": {
			world:   func(w *world) { w.quiet = 0.1 },
			verdict: verifier.Stopped, stop: "baseline", exit: 13,
			reason: "without any fault",
		},
		"the source never comes back": {
			world: func(w *world) {
				w.read = func(since time.Duration) error {
					if since > 20*time.Second {
						return errTest
					}
					return nil
				}
			},
			verdict: verifier.Stopped, stop: "blind", exit: 13,
			reason: "for longer than 60.0 s",
		},
		"the source is away for a while": {
			world: func(w *world) {
				w.read = func(since time.Duration) error {
					if between(since, 20*time.Second, 50*time.Second) {
						return errTest
					}
					return nil
				}
			},
			verdict: verifier.Upheld, exit: 0,
		},
		"the source is away in the baseline": {
			world: func(w *world) {
				w.read = func(since time.Duration) error {
					if between(since, 5*time.Second, 30*time.Second) {
						return errTest
					}
					return nil
				}
			},
			verdict: verifier.Upheld, exit: 0,
		},
		"the source is away at the end": {
			world: func(w *world) {
				w.read = func(since time.Duration) error {
					if since > 15*time.Second {
						return errTest
					}
					return nil
				}
			},
			spec:    func(s *verifier.Spec) { s.Duration = 30 * time.Second },
			verdict: verifier.Stopped, stop: "blind", exit: 13,
			reason: "at the end of the run",
		},
		"a counter goes back": {
			world: func(w *world) {
				w.meddle = func(since time.Duration, c *verifier.Counts) {
					if since > 15*time.Second {
						c.Objectives[1].All.Requests /= 2
					}
				}
			},
			verdict: verifier.Stopped, stop: "invalid", exit: 13,
			reason: "latency, all: requests went back from",
		},
		"more are bad than there are": {
			world: func(w *world) {
				w.meddle = func(since time.Duration, c *verifier.Counts) {
					if since > 15*time.Second {
						c.Fault.Bad = c.Fault.Requests + 1
					}
				}
			},
			verdict: verifier.Stopped, stop: "invalid", exit: 13,
			reason: "the fault arm: ",
		},
		"the coin falls too often": {
			world:   func(w *world) { w.share = 0.08 },
			verdict: verifier.Stopped, stop: "invalid", exit: 13,
			reason: "The split is wrong",
		},
		"the record fails while faults flow": {
			world: func(w *world) {
				w.tick = func(seq int) error {
					if seq >= 60 {
						return errTest
					}
					return nil
				}
			},
			verdict: verifier.Stopped, stop: "record", exit: 13, unrecorded: true,
			reason: "cannot be recorded",
		},
		"the record fails before the first fault": {
			world: func(w *world) {
				w.event = func(kind string) error {
					if kind == "policy.armed" {
						return errTest
					}
					return nil
				}
			},
			verdict: verifier.Stopped, stop: "record", exit: 13, unrecorded: true,
			reason: "event policy.armed",
		},
		"the lease is refused": {
			world: func(w *world) {
				w.renewal = func(since time.Duration) error {
					if since > 15*time.Second {
						return errTest
					}
					return nil
				}
			},
			verdict: verifier.Stopped, stop: "operator", exit: 13,
			reason: "The lease was refused: it went wrong.",
		},
		"two bad requests are not a breach, whatever the evidence": {
			world: func(w *world) {
				w.perSecond = 4
				w.meddle = func(since time.Duration, c *verifier.Counts) {
					for _, at := range []time.Duration{40 * time.Second, 45 * time.Second} {
						if since > at {
							for _, t := range []*verifier.Tally{&c.Objectives[0].Fault, &c.Objectives[0].All} {
								t.Requests, t.Bad = t.Requests+1, t.Bad+1
							}
						}
					}
				}
			},
			verdict: verifier.NotExercised, exit: 12,
		},
		"advisory objectives decide nothing": {
			world: func(w *world) {
				w.meddle = func(_ time.Duration, c *verifier.Counts) {
					c.Objectives[2].All.Bad = c.Objectives[2].All.Requests
					c.Objectives[2].Fault.Bad = c.Objectives[2].Fault.Requests
				}
			},
			verdict: verifier.Upheld, exit: 0,
		},
		"faulted requests are long in flight": {
			world:   func(w *world) { w.pending, w.lingers = 8, 4*time.Second },
			verdict: verifier.Upheld, exit: 0,
		},
		"the faulted requests are worse than control, within what is tolerated": {
			world: func(w *world) { w.perSecond, w.fault = 4000, 0.03 },
			spec: func(s *verifier.Spec) {
				s.Objectives = s.Objectives[:1]
				s.Objectives[0].Tolerance, s.Objectives[0].Ratio, s.Objectives[0].Margin = 0.04, 1.25, 0.0025
			},
			verdict: verifier.Breached, attribution: "fault", exit: 10,
			reason: "were bad (3%), and 0 of ",
		},
		"both arms are worse than before, and alike": {
			world: func(w *world) { w.perSecond, w.fault, w.control = 4000, 0.0045, 0.0045 },
			spec: func(s *verifier.Spec) {
				s.Objectives = s.Objectives[:1]
				s.Objectives[0].Tolerance, s.Objectives[0].Ratio, s.Objectives[0].Margin = 0.04, 1.25, 0.0025
			},
			verdict: verifier.Upheld, exit: 0,
		},
		"the hours end while faults flow": {
			spec: func(s *verifier.Spec) {
				began := time.Now()
				s.Closed = func(at time.Time) string {
					if at.Sub(began) > 15*time.Second {
						return "it is Mon 17:00 CET"
					}
					return ""
				}
			},
			verdict: verifier.Stopped, stop: "hours", exit: 13,
			reason: "Outside its hours: it is Mon 17:00 CET.",
		},
		"a policy ends while faults flow": {
			spec:    func(s *verifier.Spec) { s.Policies[0].Expires = time.Now().Add(15 * time.Second) },
			verdict: verifier.Stopped, stop: "expired", exit: 13,
			reason: "The policy payment-slow ended at 2000-01-01 00:00:15 UTC.",
		},
		"there is no baseline": {
			spec:    func(s *verifier.Spec) { s.Baseline = 0 },
			verdict: verifier.Upheld, exit: 0,
		},
	}
}

func TestEveryVerdict(t *testing.T) {
	for name, s := range scenarios() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, spec := newWorld(), spec()
				if s.world != nil {
					s.world(w)
				}
				if s.spec != nil {
					s.spec(&spec)
				}
				run := w.run(t, spec)
				t.Log(run.Verdict, run.StopReason, run.Attribution, run.Reason)
				if run.Verdict != s.verdict || run.StopReason != s.stop || run.Attribution != s.attribution || run.ExitCode() != s.exit {
					t.Errorf("got %q, stop %q, attribution %q, exit %d; want %q, %q, %q, %d", run.Verdict, run.StopReason,
						run.Attribution, run.ExitCode(), s.verdict, s.stop, s.attribution, s.exit)
				}
				if !strings.Contains(run.Reason, s.reason) {
					t.Errorf("reason %q lacks %q", run.Reason, s.reason)
				}
				checkPromises(t, w, run)
				if !s.unrecorded {
					checkReplay(t, w, run)
				}
			})
		})
	}
}

// checkReplay judges the record again, as it comes back from JSON.
func checkReplay(t *testing.T, w *world, run verifier.Run) {
	t.Helper()
	again, err := verifier.Replay(roundTrip(w.spec), w.ticks)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asJSON(t, run), asJSON(t, again)); diff != "" {
		t.Errorf("judged again it is another run (-live +replay):\n%s", diff)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkPromises holds what must be true of every run, whatever its verdict.
func checkPromises(t *testing.T, w *world, run verifier.Run) {
	t.Helper()
	if run.State != verifier.StateDone || run.EndedAt.IsZero() || run.DecidedAt.IsZero() || !w.closed {
		t.Errorf("the run is not over: %+v", run)
	}
	if first := w.index("renew"); first >= 0 {
		for _, before := range []string{"event run.started", "event policy.armed"} {
			if at := w.index(before); at < 0 || at > first {
				t.Errorf("the first renewal came before %q was durable", before)
			}
		}
		if at := w.index("phase injecting"); at < 0 || at > first {
			t.Error("the first renewal came before the data plane counted arms")
		}
	}
	decided := run.DecidedAt.Sub(w.began)
	lastRead := time.Duration(-1)
	for _, e := range w.log {
		switch {
		case e.what == "read":
			lastRead = e.at
		case e.what == "renew" && e.at > decided:
			t.Errorf("a renewal at %v, and the run was decided at %v", e.at, decided)
		case e.what == "renew" && e.beat > lastRead:
			t.Errorf("a renewal from beat %v, later than the reading at %v it rests on", e.beat, lastRead)
		}
	}
	if revoked, told := w.index("revoke"), w.index("event decision"); told >= 0 && (revoked < 0 || revoked > told) {
		t.Error("the decision was recorded before the faults were off")
	}
	for i, e := range w.events {
		if e.Run != run.ID || e.Text == "" || !strings.HasSuffix(e.Text, ".") || e.Subject == "" {
			t.Errorf("event %d is not told well: %+v", i+1, e)
		}
		if e.Kind != verifier.KindRunStarted && len(e.Because) == 0 {
			t.Errorf("%s has no cause", e.Kind)
		}
	}
}
