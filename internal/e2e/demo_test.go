//go:build e2e && linux

package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// decisionLimit is how long after a decision a request may still be faulted, in
// one process.
const decisionLimit = 100 * time.Millisecond

func TestTheDemoGoesAsItIsTold(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	printed := poise(t, "demo", "--data", data, "--admin", "127.0.0.1:0")
	t.Log("\n" + printed)

	var verdicts []verifier.Verdict
	for _, e := range of(timeline(t, data), journal.KindRunEnded) {
		var run verifier.Run
		if err := json.Unmarshal(e.Data, &run); err != nil {
			t.Fatal(err)
		}
		verdicts = append(verdicts, run.Verdict)
		if took := time.Duration(run.DecisionToLastFaulted); took <= 0 || took >= decisionLimit {
			t.Errorf("%s: decision to last faulted request: %v", run.Verdict, took)
		}
		if !strings.Contains(printed, run.Reason) {
			t.Errorf("it is not told why the belief was %s: %s", run.Verdict, run.Reason)
		}
		story := filepath.Join(data, "stories", run.ID+".md")
		if _, err := os.Stat(story); err != nil || !strings.Contains(printed, story) {
			t.Errorf("the story is at %s, which is not told: %v", story, err)
		}
		poise(t, "replay", run.ID, "--data", data)
	}
	if len(verdicts) != 2 || verdicts[0] != verifier.Breached || verdicts[1] != verifier.Upheld {
		t.Errorf("the verdicts are %v, want breached and upheld", verdicts)
	}
	poise(t, "timeline", "verify", "--data", data)
}
