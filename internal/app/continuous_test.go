package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/verifier"
)

func TestAContinuousVerificationNeedsNobody(t *testing.T) {
	t.Parallel()
	always := belief + policy("one", nobodys) + policy("other", nobodys) +
		strings.ReplaceAll(trial("try", "one, other", "mode: continuous, baseline: 1h, duration: 2h, hours: {}"), "interval: 50ms, ", "")
	dir := data(t)
	first := open(t, dir, always)
	run := begins(t, first)
	first.down()

	second := open(t, dir, "") // which knows the verification only when it is told
	if again := second.events(t, "run.started"); len(again) != 1 {
		t.Fatalf("%d runs began without a document", len(again))
	}
	second.call(t, http.StatusOK, "PUT", "/api/v1/documents", always, nil)
	next := begins(t, second)
	specs := []verifier.Spec{specOf(t, second.events(t, "run.started")[0]), specOf(t, second.events(t, "run.started")[1])}
	if next == run || !specs[0].Continuous || specs[0].Budget == nil || len(specs[0].Policies) != 1 || len(specs[1].Policies) != 1 ||
		specs[0].Policies[0].Name != "one" || specs[1].Policies[0].Name != "other" {
		t.Errorf("the runs %s and %s do not take turns: %+v, %+v", run, next, specs[0].Policies, specs[1].Policies)
	}

	second.call(t, http.StatusOK, "DELETE", "/api/v1/runs/"+next, `{"reason":"enough"}`, nil)
	if stopped := second.wait(t, next); stopped.StopReason != verifier.StopOperator {
		t.Fatalf("%s %s", stopped.Verdict, stopped.StopReason)
	}
	third := second.start(t) // a person may always run it
	second.call(t, http.StatusOK, "POST", "/api/v1/halt", `{"reason":"lunch"}`, nil)
	second.wait(t, third)
}

// begins waits until a run begins by itself, and returns its id.
func begins(t *testing.T, w *world) (id string) {
	t.Helper()
	until(t, "a run begins by itself", func() bool {
		for _, run := range w.status(t).Runs {
			if run.State == verifier.StateBaseline && time.Since(run.StartedAt) < patience {
				id = run.ID
			}
		}
		return id != ""
	})
	return id
}
