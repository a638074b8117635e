package api

import (
	"context"
	"net/http"
	"time"

	"github.com/poise-dev/poise/verifier"
)

const (
	// defaultWait and maxWait bound how long GET …/wait waits.
	defaultWait = time.Minute
	maxWait     = 10 * time.Minute
	// latest names the newest run.
	latest = "latest"
)

func (a *API) startRun(w http.ResponseWriter, r *http.Request) (answer, error) {
	if err := readJSON(w, r, &struct{}{}); err != nil {
		return answer{}, err
	}
	id, err := a.Verification.Runs.Start(r.Context(), r.PathValue("name"))
	if err != nil {
		return answer{}, err
	}
	w.Header().Set("Location", "/api/v1/runs/"+id)
	return created(map[string]string{"id": id})
}

func (a *API) listRuns(_ http.ResponseWriter, r *http.Request) (answer, error) {
	runs, err := a.Verification.Runs.List(r.Context())
	if err != nil {
		return answer{}, err
	}
	return ok(map[string]any{"runs": list(runs)})
}

func (a *API) getRun(_ http.ResponseWriter, r *http.Request) (answer, error) {
	run, err := a.find(r.Context(), r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	return ok(run)
}

func (a *API) stopRun(w http.ResponseWriter, r *http.Request) (answer, error) {
	reason, err := readReason(w, r, patience)
	if err != nil {
		return answer{}, err
	}
	run, err := a.find(r.Context(), r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	if run, err = a.Verification.Runs.Stop(r.Context(), run.ID, reason); err != nil {
		return answer{}, err
	}
	return ok(run)
}

// waitRun answers when the run ends, or with the run as it stands when the time
// is up or poise goes down.
func (a *API) waitRun(_ http.ResponseWriter, r *http.Request) (answer, error) {
	timeout := defaultWait
	if text := r.URL.Query().Get("timeout"); text != "" {
		var err error
		if timeout, err = time.ParseDuration(text); err != nil || timeout <= 0 || timeout > maxWait {
			return answer{}, refuse(http.StatusBadRequest, "timeout=%s: expected a duration of at most %v, such as 60s", text, maxWait)
		}
	}
	run, err := a.find(r.Context(), r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	go func() { // ends with ctx, which ends with this request
		select {
		case <-a.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	if run, err = a.Verification.Runs.Wait(ctx, run.ID); err != nil {
		return answer{}, err
	}
	return ok(run)
}

// find returns the run with the id, or the newest one.
func (a *API) find(ctx context.Context, id string) (verifier.Run, error) {
	if id != latest {
		return a.Verification.Runs.Get(ctx, id)
	}
	runs, err := a.Verification.Runs.List(ctx)
	if err != nil {
		return verifier.Run{}, err
	}
	if len(runs) == 0 {
		return verifier.Run{}, refuse(http.StatusNotFound, "there is no run yet")
	}
	return runs[0], nil
}
