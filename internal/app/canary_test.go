package app_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poise-dev/poise/verifier"
)

func TestTwoVersionsAreComparedThroughAListener(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), belief+policy("elsewhere", nobodys)+`
apiVersion: poise.dev/v1alpha1
kind: Verification
metadata: {name: try}
spec: {hypothesis: stays-good, mode: canary, duration: 5m, interval: 50ms, canary: {by: "header:x-version", canary: v2, baseline: v1}}
`)
	versions(t, w)
	run := w.wait(t, w.start(t))
	if run.Verdict != verifier.Upheld || run.Cluster != 10 || run.Arms.Control.Requests == 0 {
		t.Errorf("%s, cluster %v: %s", run.Verdict, run.Cluster, run.Reason)
	}
	var story string
	w.call(t, http.StatusOK, "GET", "/api/v1/runs/"+run.ID+"/story", "", &story)
	for _, want := range []string{"## What we believed", "## The decision", "requests of the canary were bad (0%)"} {
		if !strings.Contains(story, want) {
			t.Errorf("the story does not say %q:\n%s", want, story)
		}
	}
	if strings.Contains(story, "before the first fault we watched") || strings.Contains(story, "An ordinary minute") {
		t.Errorf("the story tells of a baseline that never was:\n%s", story)
	}
	w.call(t, http.StatusOK, "POST", "/gate/flagger/try/rollout", "", nil)
	w.call(t, http.StatusPreconditionFailed, "POST", "/gate/flagger/try/rollback", "", nil)
}

// versions lets people use two versions of the service until the test ends.
func versions(t *testing.T, w *world) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var people sync.WaitGroup
	for _, version := range []string{"v1", "v2"} {
		people.Go(func() {
			pause := time.NewTicker(2 * time.Millisecond)
			defer pause.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-pause.C:
					visitAs(ctx, w, version)
				}
			}
		})
	}
	w.down = after(w.down, func() { stop(); people.Wait() })
	t.Cleanup(w.down)
}

func visitAs(ctx context.Context, w *world, version string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.service+"/", nil)
	if err != nil {
		return
	}
	request.Header.Set("X-Version", version)
	if answer, err := w.client.Do(request); err == nil {
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
}
