//go:build e2e && linux

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// lasting is a verification that goes on until somebody ends it: its fault does
// no harm, and beta asks for more evidence than there will ever be.
const lasting = `
apiVersion: poise.dev/v1alpha1
kind: FaultPolicy
metadata: {name: mild}
spec:
  percentage: 50
  seed: 7
  fault: {delay: {fixed: 5ms}}
---
apiVersion: poise.dev/v1alpha1
kind: Hypothesis
metadata: {name: stays-good}
spec:
  belief: Eight requests of ten are answered well, whatever happens.
  objectives:
  - {name: availability, good: {status: "<500"}, target: 80}
---
apiVersion: poise.dev/v1alpha1
kind: Verification
metadata: {name: lasting}
spec:
  hypothesis: stays-good
  policies: [mild]
  baseline: 500ms
  duration: 1h
  recovery: 1s
  interval: 50ms
  beta: 1e-300
`

// notes adds notes to a timeline until it is told to stop or nobody answers,
// and returns those that were acknowledged.
func notes(ctx context.Context, admin string) (acknowledged []journal.Event) {
	for n := 0; ctx.Err() == nil; n++ {
		body := fmt.Sprintf(`{"kind":"note","text":"note %d"}`, n)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+admin+"/api/v1/timeline", strings.NewReader(body))
		if err != nil {
			return acknowledged
		}
		request.Header.Set("Content-Type", "application/json")
		answer, err := steering.Do(request)
		if err != nil {
			return acknowledged
		}
		var e journal.Event
		err = json.NewDecoder(answer.Body).Decode(&e)
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if err != nil {
			return acknowledged
		}
		if answer.StatusCode == http.StatusCreated {
			acknowledged = append(acknowledged, e)
		}
	}
	return acknowledged
}

func TestKillingPoiseLosesNothingAcknowledgedAndResumesNothing(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	service, documents := upstream(t).URL, document(t, lasting)
	first := serve(t, "poise", "run", service, "-f", documents, "--data", data)
	people := gather(t, first)
	people.flow("/", 4)
	id := first.start(t, "lasting")
	until(t, "faults flow", func() bool { return first.run(t, id).Arms.Fault.Delivered > 50 })

	var writing sync.WaitGroup
	var acknowledged []journal.Event
	writing.Go(func() { acknowledged = notes(t.Context(), first.admin) })
	time.Sleep(time.Second)
	first.kill(t)
	writing.Wait()
	people.leave()

	second := serve(t, "poise", "run", service, "-f", documents, "--data", data)
	var ends api.Page
	second.call(t, http.StatusOK, "GET", "/api/v1/runs/"+id+"/timeline", "", &ends)
	ended := of(ends.Events, journal.KindRunEnded)
	if len(ended) != 1 || !strings.Contains(ended[0].Text, "Faults may have been active until ") {
		t.Errorf("the timeline says of the end of the run: %+v", ended)
	}
	if run := second.run(t, id); run.Verdict != verifier.Stopped || run.StopReason != verifier.StopShutdown || run.State != verifier.StateDone {
		t.Errorf("the run is %s, %s (%s)", run.State, run.Verdict, run.StopReason)
	}

	if p := second.policy(t, "mild"); p.Lease != nil || p.Arms.Fault != 0 {
		t.Errorf("after the restart there is %+v", p)
	}
	others := gather(t, second)
	for range 200 {
		others.visit("/")
	}
	if p := second.policy(t, "mild"); p.Lease != nil || p.Arms.Fault != 0 {
		t.Errorf("after the restart requests met a fault: %+v", p)
	}
	others.leave()

	recorded := map[string]journal.Event{}
	for _, e := range timeline(t, data) {
		recorded[e.ID] = e
	}
	for _, e := range acknowledged {
		if recorded[e.ID].Hash != e.Hash {
			t.Errorf("%s %q was acknowledged, and the record has %q", e.ID, e.Text, recorded[e.ID].Text)
		}
	}
	if len(acknowledged) < 10 {
		t.Errorf("only %d notes were acknowledged: the test has seen nothing", len(acknowledged))
	}
	t.Logf("%d notes were acknowledged before the kill, all of them are in the record", len(acknowledged))
	poise(t, "timeline", "verify", "--data", data)
	poise(t, "replay", id, "--data", data)
	poise(t, "story", id, "--data", data)
}
