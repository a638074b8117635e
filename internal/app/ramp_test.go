package app_test

import (
	"strings"
	"testing"

	"github.com/poise-dev/poise/verifier"
)

func TestARampReachesTheDataPlane(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), experiment(mild, quick+", ramp: [{percentage: 10, for: 500ms}, {percentage: 40}]"))
	w.crowd(t)
	run := w.wait(t, w.start(t)) // a split that is not the rung's would stop it
	if run.Verdict != verifier.Upheld || !strings.Contains(run.Reason, "faulted requests at 40% were bad") {
		t.Errorf("%s %s: %s", run.Verdict, run.StopReason, run.Reason)
	}
	before, control, fault := run.Arms.Before.Requests, run.Arms.Control.Requests, run.Arms.Fault.Requests
	if fault == 0 || fault > control || before == 0 {
		t.Errorf("the policy's own half was drawn: %d faulted, %d control", fault, control)
	}
	climbed := false
	for _, e := range w.events(t, "note") {
		climbed = climbed || e.Text == "The rung of 10% was clean; 40% of the requests meet the fault from now on."
	}
	if !climbed {
		t.Error("the timeline does not say that the ramp went up")
	}
}
