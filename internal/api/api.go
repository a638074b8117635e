package api

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"net/http"
	"sync"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/lease"
	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/verifier"
)

// Options is what the API shows and steers. Leases, Documents, Policies,
// Listeners and Explain are required; the comment of any other field says what
// its zero value means.
type Options struct {
	// Role is what the process does: run, proxy or control.
	Role string
	// Version is the version of the process.
	Version string
	// Listeners are the listeners of the process.
	Listeners func() []Listener
	// Policies are the policies in force, without their leases.
	Policies func() []Policy
	// Documents are the documents in force.
	Documents Documents
	// Explain says what a request would meet.
	Explain func(Question) (Answer, error)
	// Leases is the permission to inject.
	Leases *lease.Table
	// Switch is what a halt turns off. Nil: Leases alone.
	Switch Switch
	// Record makes what people do durable. Nil: there is no record, so that no
	// lease is granted.
	Record Recorder
	// Refuses says why no lease is granted, such as a full disk. Traffic flows all
	// the same, so that it does not make the process unready. Nil: nothing does.
	Refuses func() error
	// Taken says why a person may not have a lease of a policy: it belongs to a
	// run. Nil: none does.
	Taken func(policy string) error
	// Metrics serves /metrics. Nil: 404.
	Metrics http.Handler
	// Guard says who may ask.
	Guard Guard
	// Verification is the part of a process that verifies. Nil: 404.
	Verification *Verification
	// Log. Nil: nothing is logged.
	Log *slog.Logger
}

// Documents are the documents in force.
type Documents interface {
	// Put adds or replaces the documents in the text, all of them or, with
	// [policies.Problems], none. Name stands for the file in problems.
	Put(name string, text []byte) ([]policies.Document, error)
	// Delete removes a document. It refuses ([Refuse]) one that does not exist
	// with 404, and one that others refer to with 409.
	Delete(kind policies.Kind, name string) error
}

// Switch turns all faults off, and lets them be turned on again. It is
// *lease.Table, or a wrapper that stops more.
type Switch interface {
	// Halt ends every fault at once. It returns within milliseconds.
	Halt(cause error)
	// Resume ends the halt, unless there was another one after the given term.
	// It returns whether poise may inject again.
	Resume(term uint64) bool
	// Halted returns why poise is halted, or nil.
	Halted() error
}

// Recorder makes an event durable.
type Recorder interface {
	// Append returns the event, complete with its seq and id, once it is durable.
	Append(ctx context.Context, e journal.Event) (journal.Event, error)
}

// Verification is the part of a process that verifies.
type Verification struct {
	Runs Runs
	// Timeline is what happened.
	Timeline Timeline
	// Story tells a run. It refuses ([Refuse]) one it cannot tell with 404.
	Story func(ctx context.Context, run string) (Story, error)
	// Beliefs are what the record knows of every hypothesis.
	Beliefs Beliefs
}

// Runs are the verifications under way and over. Errors are [Refuse]d: 404 for
// a name that does not exist, 409 when somebody else verifies the same traffic
// or poise is halted, 503 when the run cannot be recorded.
type Runs interface {
	// Start begins a run and returns its id.
	Start(ctx context.Context, verification string) (id string, err error)
	// List returns all runs, the newest first.
	List(ctx context.Context) ([]verifier.Run, error)
	// Get returns a run as it stands.
	Get(ctx context.Context, id string) (verifier.Run, error)
	// Wait returns a run at its end, or as it stands when ctx ends.
	Wait(ctx context.Context, id string) (verifier.Run, error)
	// Stop ends a run on a person's word and returns it. A run that is over
	// already stays as it is.
	Stop(ctx context.Context, id, reason string) (verifier.Run, error)
}

// Timeline reads the record; see [journal.Reader].
type Timeline interface {
	Events(ctx context.Context, q journal.Query) iter.Seq2[journal.Event, error]
	Ticks(ctx context.Context, run string) iter.Seq2[json.RawMessage, error]
}

// API answers the admin address.
type API struct {
	Options

	handler http.Handler
	// closing is closed when nobody shall wait for the end of a run any more.
	closing   chan struct{}
	closeOnce sync.Once
	// records are those under way that nobody waits for; slots bounds them.
	records sync.WaitGroup
	slots   chan struct{}
}

// New returns the handler of the admin address.
func New(o Options) *API {
	o.Switch = o.switcher()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{Options: o, closing: make(chan struct{}), slots: make(chan struct{}, maxRecords)}
	mux := http.NewServeMux()
	observe(mux, o)
	mux.Handle("GET /api/v1/status", a.handle(a.status))
	mux.Handle("GET /api/v1/policies", a.handle(a.policies))
	mux.Handle("PUT /api/v1/documents", a.handle(a.putDocuments))
	mux.Handle("DELETE /api/v1/documents/{kind}/{name}", a.handle(a.deleteDocument))
	mux.Handle("POST /api/v1/explain", a.handle(a.explain))
	mux.Handle("GET /api/v1/leases", a.handle(a.leases))
	mux.Handle("PUT /api/v1/leases/{policy}", a.handle(a.putLease))
	mux.Handle("DELETE /api/v1/leases/{policy}", a.handle(a.deleteLease))
	mux.Handle("POST /api/v1/halt", a.handle(a.halt))
	mux.Handle("POST /api/v1/resume", a.handle(a.resume))
	if o.Verification != nil {
		a.verification(mux)
	}
	a.handler = o.Guard.protect(problems(mux))
	return a
}

// switcher returns what a halt turns off.
func (o Options) switcher() Switch {
	if o.Switch == nil {
		return o.Leases
	}
	return o.Switch
}

// verification adds the routes of a process that verifies.
func (a *API) verification(mux *http.ServeMux) {
	mux.Handle("POST /api/v1/verifications/{name}/runs", a.handle(a.startRun))
	mux.Handle("GET /api/v1/runs", a.handle(a.listRuns))
	mux.Handle("GET /api/v1/runs/{id}", a.handle(a.getRun))
	mux.Handle("DELETE /api/v1/runs/{id}", a.handle(a.stopRun))
	mux.Handle("GET /api/v1/runs/{id}/wait", a.handle(a.waitRun))
	mux.Handle("GET /api/v1/runs/{id}/story", a.handle(a.story))
	mux.Handle("GET /api/v1/runs/{id}/evidence", a.handle(a.evidence))
	mux.Handle("GET /api/v1/runs/{id}/timeline", a.handle(a.runTimeline))
	mux.Handle("GET /api/v1/timeline", a.handle(a.timeline))
	mux.Handle("POST /api/v1/timeline", a.handle(a.addToTimeline))
	a.beliefs(mux)
	(&gates{runs: a.Verification.Runs, halted: a.Switch.Halted, start: true}).routes(mux)
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Release lets everybody go who waits for the end of a run: each gets the run
// as it stands. It is part of going down, and safe to call twice.
func (a *API) Release() { a.closeOnce.Do(func() { close(a.closing) }) }

// Close waits for the records that are under way, until ctx ends. No request
// may be served any more.
func (a *API) Close(ctx context.Context) error {
	a.Release()
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.records.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Observe returns the handler of the observe address: it shows health, metrics
// and gates to anybody, and nothing can be started or changed through it.
func Observe(o Options) http.Handler {
	mux := http.NewServeMux()
	observe(mux, o)
	if o.Verification != nil {
		(&gates{runs: o.Verification.Runs, halted: o.switcher().Halted}).routes(mux)
	}
	return problems(mux)
}
