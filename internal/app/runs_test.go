package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/sidecar"
	"github.com/poise-dev/poise/verifier"
)

func TestARunEndsInItsVerdict(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		documents string
		verdict   verifier.Verdict
		reason    string
		happened  []string // in this order
	}{
		{
			"a belief that holds is upheld", experiment(mild, quick), verifier.Upheld, "",
			[]string{
				journal.KindRunStarted, journal.KindBaselineHeld, journal.KindPolicyArmed, journal.KindLeaseGranted,
				journal.KindFaultFirst, journal.KindDecision, journal.KindRunEnded,
			},
		},
		{
			"a belief that does not is breached", experiment(breaking, quick), verifier.Breached, "",
			[]string{
				journal.KindRunStarted, journal.KindBaselineHeld, journal.KindPolicyArmed, journal.KindLeaseGranted,
				journal.KindFaultFirst, journal.KindDecision, journal.KindLeaseRevoked, journal.KindFaultLast, journal.KindRunEnded,
			},
		},
		{
			"a belief that nothing tried is not exercised", experiment(nobodys, quick+", duration: 500ms"),
			verifier.NotExercised, "0 requests met the fault",
			[]string{journal.KindRunStarted, journal.KindBaselineHeld, journal.KindDecision, journal.KindRunEnded},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := open(t, data(t), tt.documents)
			w.crowd(t)
			run := w.wait(t, w.start(t))
			if run.Verdict != tt.verdict || !strings.Contains(run.Reason, tt.reason) {
				t.Fatalf("the verdict is %s (%s): %s", run.Verdict, run.StopReason, run.Reason)
			}
			w.happened(t, run.ID, tt.happened)
			w.told(t, run)
			w.judgedAgain(t, run)
			w.faultless(t)
		})
	}
}

// happened holds the timeline of a run to events of these kinds, in this order,
// perhaps with others between them.
func (w *world) happened(t *testing.T, run string, kinds []string) {
	t.Helper()
	var all []string
	for _, e := range w.events(t) {
		if e.Run == run {
			all = append(all, e.Kind)
		}
	}
	left := kinds
	for _, kind := range all {
		if len(left) > 0 && kind == left[0] {
			left = left[1:]
		}
	}
	if len(left) > 0 {
		t.Errorf("%s did not happen, or not in its place: %s", left[0], strings.Join(all, " "))
	}
}

// told holds the story of a run to its verdict and its reason.
func (w *world) told(t *testing.T, run verifier.Run) {
	t.Helper()
	var story string
	w.call(t, http.StatusOK, "GET", "/api/v1/runs/"+run.ID+"/story", "", &story)
	for _, want := range []string{"## What we believed", "## The decision", run.Reason} {
		if !strings.Contains(story, want) {
			t.Errorf("the story does not say %q:\n%s", want, story)
		}
	}
}

// judgedAgain judges a run again from what its record holds.
func (w *world) judgedAgain(t *testing.T, run verifier.Run) {
	t.Helper()
	var evidence struct{ Ticks []verifier.Tick }
	w.call(t, http.StatusOK, "GET", "/api/v1/runs/"+run.ID+"/evidence", "", &evidence)
	var page api.Page
	w.call(t, http.StatusOK, "GET", "/api/v1/runs/"+run.ID+"/timeline", "", &page)
	again, err := verifier.Replay(specOf(t, page.Events[0]), evidence.Ticks)
	if err != nil {
		t.Fatal(err)
	}
	if again.Verdict != run.Verdict || again.Reason != run.Reason || !slices.Equal(again.Guards, run.Guards) || again.Arms != run.Arms {
		t.Errorf("judged again:  %+v\nin its record: %+v", again, run)
	}
}

// faultless holds the service to answer everybody.
func (w *world) faultless(t *testing.T) {
	t.Helper()
	if counts := w.visits(t, 100); counts[http.StatusOK] != 100 {
		t.Errorf("of 100 requests without a lease these were answered: %v", counts)
	}
	for _, p := range w.status(t).Policies {
		if p.Lease != nil || p.Active != 0 {
			t.Errorf("policy %s still has a lease or a fault in progress: %+v", p.Name, p)
		}
	}
}

func TestAPersonStopsARun(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), experiment(mild, "baseline: 100ms, recovery: 200ms, beta: 0.000001"))
	w.crowd(t)
	id := w.start(t)
	until(t, "a fault is injected", func() bool { return len(w.events(t, journal.KindFaultFirst)) > 0 })

	var run verifier.Run
	w.call(t, http.StatusOK, "DELETE", "/api/v1/runs/"+id, `{"reason":"lunch"}`, nil)
	run = w.wait(t, id)
	if run.Verdict != verifier.Stopped || run.StopReason != verifier.StopOperator || run.ExitCode() != verifier.ExitStopped {
		t.Errorf("the run is %s (%s), exit code %d: %s", run.Verdict, run.StopReason, run.ExitCode(), run.Reason)
	}
	if !strings.Contains(run.Reason, "lunch") {
		t.Errorf("the reason is lost: %s", run.Reason)
	}
	w.told(t, run)
	w.judgedAgain(t, run)
	w.faultless(t)
}

func TestAHaltStopsARun(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), experiment(mild, "baseline: 100ms, recovery: 200ms, beta: 0.000001"))
	w.crowd(t)
	id := w.start(t)
	until(t, "a fault is injected", func() bool { return len(w.events(t, journal.KindFaultFirst)) > 0 })

	w.call(t, http.StatusOK, "POST", "/api/v1/halt", `{"reason":"the pager went off"}`, nil)
	w.faultless(t)
	run := w.wait(t, id)
	if run.Verdict != verifier.Stopped || run.StopReason != verifier.StopOperator {
		t.Errorf("the run is %s (%s): %s", run.Verdict, run.StopReason, run.Reason)
	}
	w.told(t, run)
	w.judgedAgain(t, run)
}

func TestTwoRunsNeverShareTraffic(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), experiment(mild, "baseline: 5m")+policy("other", mild)+trial("second", "other", "baseline: 5m"))
	w.start(t)
	w.call(t, http.StatusConflict, "POST", "/api/v1/verifications/try/runs", "", nil)
	w.call(t, http.StatusConflict, "POST", "/api/v1/verifications/second/runs", "", nil)
	w.call(t, http.StatusNotFound, "POST", "/api/v1/verifications/nosuch/runs", "", nil)
}

func TestAPersonsLeaseAndARunDoNotMix(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), experiment(mild, "baseline: 5m"))
	w.crowd(t)
	const lease = `{"ttl":"10m","reason":"looking"}`
	w.call(t, http.StatusOK, "PUT", "/api/v1/leases/fault", lease, nil)
	w.call(t, http.StatusConflict, "POST", "/api/v1/verifications/try/runs", "", nil) // faults in its baseline
	w.call(t, http.StatusOK, "DELETE", "/api/v1/leases/fault", "", nil)
	w.start(t)
	w.call(t, http.StatusConflict, "PUT", "/api/v1/leases/fault", lease, nil) // it is in its baseline, without a lease yet
}

func TestAHaltEndsARunThatHoldsNoLease(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), experiment(mild, "baseline: 5m"))
	id := w.start(t)
	w.call(t, http.StatusOK, "POST", "/api/v1/halt", `{"reason":"fire"}`, nil)
	w.call(t, http.StatusOK, "POST", "/api/v1/resume", `{"reason":"out"}`, nil)
	run := w.wait(t, id)
	if run.Verdict != verifier.Stopped || run.StopReason != verifier.StopOperator || run.Reason != "A person halted everything: fire." {
		t.Errorf("the run is %s (%s): %s", run.Verdict, run.StopReason, run.Reason)
	}
}

func TestALeaseEndsWithThePolicyItWasGivenFor(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), policy("fault", mild))
	w.call(t, http.StatusOK, "PUT", "/api/v1/leases/fault", `{"ttl":"10m"}`, nil)
	w.call(t, http.StatusOK, "PUT", "/api/v1/documents", policy("fault", mild), nil)
	if w.status(t).Policies[0].Lease == nil {
		t.Error("the same document again ended the lease")
	}
	w.call(t, http.StatusOK, "PUT", "/api/v1/documents", policy("fault", breaking), nil)
	if lease := w.status(t).Policies[0].Lease; lease != nil {
		t.Errorf("the lease of another fault went on: %+v", lease)
	}
}

func TestARunEndsWhenItsDocumentsChange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		put  string
		ends bool
	}{
		{"its policy", policy("fault", "fault: {delay: {fixed: 3ms}}"), true},
		{"its hypothesis", strings.Replace(belief, "target: 80", "target: 81", 1), true},
		{"itself", trial("try", "fault", "baseline: 4m"), true},
		{"a policy of others", policy("other", mild), false},
		{"what it was already", experiment(mild, "baseline: 5m"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := open(t, data(t), experiment(mild, "baseline: 5m"))
			id := w.start(t)
			w.call(t, http.StatusOK, "PUT", "/api/v1/documents", tt.put, nil)
			if !tt.ends {
				var run verifier.Run
				w.call(t, http.StatusOK, "GET", "/api/v1/runs/"+id+"/wait?timeout=200ms", "", &run)
				if run.State != verifier.StateBaseline || run.Verdict != "" {
					t.Errorf("the run is %s: %s", run.State, run.Reason)
				}
				return
			}
			run := w.wait(t, id)
			if run.Verdict != verifier.Stopped || run.StopReason != verifier.StopSuperseded {
				t.Errorf("the run is %s (%s): %s", run.Verdict, run.StopReason, run.Reason)
			}
		})
	}
}

func TestARunIsStoppedWhenPoiseGoesDown(t *testing.T) {
	t.Parallel()
	dir := data(t)
	first := open(t, dir, experiment(mild, "baseline: 100ms, beta: 0.000001"))
	first.crowd(t)
	id := first.start(t)
	until(t, "a fault is injected", func() bool { return len(first.events(t, journal.KindFaultFirst)) > 0 })
	first.down()

	second := open(t, dir, "")
	run := second.wait(t, id)
	if run.Verdict != verifier.Stopped || run.StopReason != verifier.StopShutdown || run.EndedAt.IsZero() {
		t.Errorf("the record says the run is %s (%s): %s", run.Verdict, run.StopReason, run.Reason)
	}
	if ends := second.events(t, journal.KindRunEnded); len(ends) != 1 {
		t.Errorf("the run ended %d times", len(ends))
	}
	second.told(t, run)
	second.judgedAgain(t, run)
}

func TestARunWithoutARecordIsRefused(t *testing.T) {
	t.Parallel()
	w := open(t, unusable(t), experiment(mild, quick))
	var p api.Problem
	w.call(t, http.StatusServiceUnavailable, "POST", "/api/v1/verifications/try/runs", "", &p)
	if !strings.Contains(p.Detail, "not a directory") {
		t.Errorf("the refusal does not say why: %s", p.Detail)
	}
	w.faultless(t)
}

func TestRunsAreFoundAfterTheirEnd(t *testing.T) {
	t.Parallel()
	dir := data(t)
	first := open(t, dir, experiment(nobodys, "baseline: 0s, duration: 100ms"))
	a := first.wait(t, first.start(t))
	b := first.wait(t, first.start(t))
	first.down()

	second := open(t, dir, "")
	var all struct{ Runs []verifier.Run }
	second.call(t, http.StatusOK, "GET", "/api/v1/runs", "", &all)
	if len(all.Runs) != 2 || all.Runs[0].ID != b.ID || all.Runs[1].ID != a.ID {
		t.Errorf("the runs are %+v, want %s and %s", all.Runs, b.ID, a.ID)
	}
	var latest verifier.Run
	second.call(t, http.StatusOK, "GET", "/api/v1/runs/latest", "", &latest)
	if latest.ID != b.ID {
		t.Errorf("the latest run is %s, want %s", latest.ID, b.ID)
	}
	second.call(t, http.StatusNotFound, "GET", "/api/v1/runs/nosuch", "", nil)
	second.call(t, http.StatusNotFound, "GET", "/api/v1/runs/nosuch/story", "", nil)
}

func TestAStoryIsWrittenIntoAFileOfItsOwn(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), experiment(nobodys, "baseline: 0s, duration: 100ms"))
	run := w.wait(t, w.start(t))
	path, err := w.Runs.WriteStory(t.Context(), w.data, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(path, w.data) || !strings.HasSuffix(path, run.ID+".md") {
		t.Errorf("the story is at %s", path)
	}
	if _, err := w.Runs.WriteStory(t.Context(), w.data, "nosuch"); err == nil {
		t.Error("a run that never was has a story")
	}
}

func TestAPoiseThatCannotListenLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	const nowhere = "http://127.0.0.1:9"
	dir := data(t)
	first := open(t, dir, "")
	taken := sidecar.AdminOptions{Address: first.AdminAddr()}
	if _, err := begin(t.TempDir(), "127.0.0.1:0", nowhere, taken); err == nil {
		t.Error("two poises have one admin address")
	}
	listener := strings.TrimPrefix(first.service, "http://")
	if _, err := begin(t.TempDir(), listener, nowhere, sidecar.AdminOptions{Address: "127.0.0.1:0"}); err == nil {
		t.Error("two poises have one listener")
	}
	first.down()
	again, err := begin(dir, listener, nowhere, taken)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}
