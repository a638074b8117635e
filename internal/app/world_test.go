package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/app"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/sidecar"
	"github.com/poise-dev/poise/proxy"
	"github.com/poise-dev/poise/verifier"
)

// patience is how long a test waits for what must come. No test asserts that
// something is quick.
const patience = 30 * time.Second

// world is a whole poise on real sockets before a small service, steered
// through its admin API.
type world struct {
	*app.App

	data    string
	service string // the listener's URL
	client  *http.Client
	down    func()
}

// open opens a poise over the record in data, with these documents.
func open(t *testing.T, data, documents string) *world {
	t.Helper()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "served")
	}))
	a, err := begin(data, "127.0.0.1:0", service.URL, sidecar.AdminOptions{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		App: a, data: data, service: "http://" + a.Sidecar.Servers()[0].Addr().String(),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}},
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	w.down = sync.OnceFunc(func() {
		w.client.CloseIdleConnections() // one that was never used keeps a server for 5 s
		stop()
		if err := <-ended; err != nil {
			t.Errorf("poise ended with %v", err)
		}
		service.Close()
	})
	t.Cleanup(w.down)
	if documents != "" {
		w.call(t, http.StatusOK, "PUT", "/api/v1/documents", documents, nil)
	}
	return w
}

// begin opens a poise with one listener.
func begin(data, address, upstream string, admin sidecar.AdminOptions) (*app.App, error) {
	return app.New(app.Options{
		Sidecar: sidecar.Options{
			Role: "test", Version: "v0", Drain: patience, Log: slog.New(slog.DiscardHandler),
			Listeners: []proxy.Listener{{Name: "default", Address: address, Upstream: upstream}},
		},
		Admin: admin, Data: data,
	})
}

// crowd lets people use the service until the test ends.
func (w *world) crowd(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var people sync.WaitGroup
	for range 4 {
		people.Go(func() {
			pause := time.NewTicker(4 * time.Millisecond)
			defer pause.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-pause.C:
					w.visit(ctx)
				}
			}
		})
	}
	w.down = after(w.down, func() { stop(); people.Wait() })
	t.Cleanup(w.down)
}

// after runs first before then, once.
func after(then, first func()) func() {
	return sync.OnceFunc(func() { first(); then() })
}

// visit is one person's request; it returns the status, or 0.
func (w *world) visit(ctx context.Context) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.service+"/", nil)
	if err != nil {
		return 0
	}
	answer, err := w.client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// visits counts the answers to so many requests, by status.
func (w *world) visits(t *testing.T, n int) map[int]int {
	t.Helper()
	counts := map[int]int{}
	for range n {
		counts[w.visit(t.Context())]++
	}
	return counts
}

// call asks the admin API, holds it to a status, and reads the answer into
// result. Documents go as YAML, everything else as JSON.
func (w *world) call(t *testing.T, want int, method, path, body string, result any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+w.AdminAddr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if strings.Contains(body, "apiVersion:") {
		request.Header.Set("Content-Type", "application/yaml")
	}
	answer, err := w.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != want {
		t.Fatalf("%s %s answers %d, want %d: %s", method, path, answer.StatusCode, want, text)
	}
	switch into := result.(type) {
	case nil:
	case *string:
		*into = string(text)
	default:
		if err := json.NewDecoder(bytes.NewReader(text)).Decode(result); err != nil {
			t.Fatalf("%s %s answers %s: %v", method, path, text, err)
		}
	}
}

// status returns what GET /api/v1/status says.
func (w *world) status(t *testing.T) (s api.Status) {
	t.Helper()
	w.call(t, http.StatusOK, "GET", "/api/v1/status", "", &s)
	return s
}

// events returns the timeline, or what of it has one of the kinds.
func (w *world) events(t *testing.T, kinds ...string) []journal.Event {
	t.Helper()
	var page api.Page
	w.call(t, http.StatusOK, "GET", "/api/v1/timeline", "", &page)
	if len(kinds) == 0 {
		return page.Events
	}
	var some []journal.Event
	for _, e := range page.Events {
		for _, kind := range kinds {
			if e.Kind == kind {
				some = append(some, e)
			}
		}
	}
	return some
}

// start starts a run of the verification "try" and returns its id.
func (w *world) start(t *testing.T) string {
	t.Helper()
	var run struct{ ID string }
	w.call(t, http.StatusCreated, "POST", "/api/v1/verifications/try/runs", "", &run)
	return run.ID
}

// wait returns a run at its end.
func (w *world) wait(t *testing.T, id string) (run verifier.Run) {
	t.Helper()
	w.call(t, http.StatusOK, "GET", "/api/v1/runs/"+id+"/wait?timeout="+patience.String(), "", &run)
	if run.State != verifier.StateDone {
		t.Fatalf("the run is still %s after %v", run.State, patience)
	}
	return run
}

// until waits for something to become true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	for !is() {
		select {
		case <-deadline.C:
			t.Fatalf("it never came to pass that %s", what)
		case <-pause.C:
		}
	}
}

// data is a new directory for a record.
func data(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "data")
}

// unusable is where no record can be: below a file.
func unusable(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(file, "data")
}

// specOf returns what a run began with, from its first event.
func specOf(t *testing.T, e journal.Event) (spec verifier.Spec) {
	t.Helper()
	if e.Kind != journal.KindRunStarted {
		t.Fatalf("the first event of a run is %s", e.Kind)
	}
	if err := json.Unmarshal(e.Data, &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}
