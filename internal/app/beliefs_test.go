package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/verifier"
)

func TestABreachedBeliefIsQuarantinedUntilAPersonAcknowledgesIt(t *testing.T) {
	t.Parallel()
	dir := data(t)
	w := open(t, dir, experiment(breaking, quick))
	w.call(t, http.StatusTooEarly, "GET", "/api/v1/beliefs/stays-good/verdict", "", nil)
	w.call(t, http.StatusNotFound, "GET", "/api/v1/beliefs/nobodys/verdict", "", nil)
	w.crowd(t)
	if run := w.wait(t, w.start(t)); run.Verdict != verifier.Breached {
		t.Fatalf("%s: %s", run.Verdict, run.Reason)
	}
	var said api.BeliefVerdict
	w.call(t, http.StatusConflict, "GET", "/api/v1/beliefs/stays-good/verdict", "", &said)
	if said.Quarantined == "" || said.Verdict != verifier.Breached {
		t.Errorf("it is breached, and %+v", said)
	}
	w.wait(t, w.start(t)) // a person may always run it
	w.down()

	again := open(t, dir, experiment(mild, quick))
	again.call(t, http.StatusConflict, "GET", "/api/v1/beliefs/stays-good/verdict", "", &said)
	if said.Quarantined == "" {
		t.Error("a restart ended the quarantine")
	}
	var b api.Belief
	again.call(t, http.StatusOK, "POST", "/api/v1/beliefs/stays-good/ack", `{"reason":"fixed"}`, &b)
	if b.Quarantined != "" {
		t.Errorf("acknowledged, and still quarantined: %s", b.Quarantined)
	}
	again.crowd(t)
	if run := again.wait(t, again.start(t)); run.Verdict != verifier.Upheld {
		t.Fatalf("%s: %s", run.Verdict, run.Reason)
	}
	again.call(t, http.StatusOK, "GET", "/api/v1/beliefs/stays-good/verdict", "", &said)
	var metrics string
	again.call(t, http.StatusOK, "GET", "/metrics", "", &metrics)
	if said.UpheldAt.IsZero() || !strings.Contains(metrics, `poise_belief_age_seconds{hypothesis="stays-good"} `) {
		t.Errorf("upheld at %v, and the metrics do not tell its age", said.UpheldAt)
	}
	var notes int
	for _, e := range again.events(t, "note") {
		if strings.Contains(e.Text, "acknowledged that the belief stays-good was breached: fixed.") && e.Source == "person" {
			notes++
		}
	}
	if notes != 1 {
		t.Errorf("the timeline tells %d times that a person acknowledged it", notes)
	}
}
