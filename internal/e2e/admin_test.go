//go:build e2e && linux

package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// steering asks admin APIs. It keeps no connection: a process that was killed
// would leave dead ones.
var steering = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}

// ask asks the admin API of a process and returns the status and the answer.
func (p *process) ask(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.admin+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := steering.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// call asks, holds the answer to a status, and reads it into result unless that
// is nil.
func (p *process) call(t *testing.T, want int, method, path, body string, result any) {
	t.Helper()
	got, text := p.ask(t, method, path, body)
	if got != want {
		t.Fatalf("%s %s answers %d, want %d: %s", method, path, got, want, text)
	}
	if result != nil {
		if err := json.Unmarshal([]byte(text), result); err != nil {
			t.Fatalf("%s %s answers %s: %v", method, path, text, err)
		}
	}
}

// policy returns a policy as it stands.
func (p *process) policy(t *testing.T, name string) api.Policy {
	t.Helper()
	var s api.Status
	p.call(t, http.StatusOK, "GET", "/api/v1/status", "", &s)
	for _, one := range s.Policies {
		if one.Name == name {
			return one
		}
	}
	t.Fatalf("there is no policy %s", name)
	return api.Policy{}
}

// start starts a run and returns its id.
func (p *process) start(t *testing.T, verification string) string {
	t.Helper()
	var run struct{ ID string }
	p.call(t, http.StatusCreated, "POST", "/api/v1/verifications/"+verification+"/runs", "", &run)
	return run.ID
}

// run returns a run as it stands.
func (p *process) run(t *testing.T, id string) (run verifier.Run) {
	t.Helper()
	p.call(t, http.StatusOK, "GET", "/api/v1/runs/"+id, "", &run)
	return run
}

// timeline reads a record with the verb for it; the process may be alive or not.
func timeline(t *testing.T, data string) []journal.Event {
	t.Helper()
	var page struct{ Events []journal.Event }
	if err := json.Unmarshal([]byte(poise(t, "timeline", "--data", data, "--output", "json")), &page); err != nil {
		t.Fatal(err)
	}
	return page.Events
}

// of returns the events of a kind.
func of(events []journal.Event, kind string) (some []journal.Event) {
	for _, e := range events {
		if e.Kind == kind {
			some = append(some, e)
		}
	}
	return some
}
