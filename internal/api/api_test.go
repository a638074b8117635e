package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/lease"
	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/verifier"
)

// house is everything behind the API, played by fakes.
type house struct {
	table *lease.Table
	lib   *library
	tape  *tape
	runs  *runs
	api   *api.API
	opts  api.Options
}

// newHouse builds a house with the policy payment-slow, and an API before it.
// Change, when given, changes the options first.
func newHouse(t *testing.T, change func(*api.Options)) *house {
	t.Helper()
	h := &house{
		table: lease.New(lease.Options{Clock: sinceNow()}),
		lib:   &library{},
		tape:  &tape{},
		runs:  &runs{ended: make(chan struct{}), waits: make(chan struct{}, 1)},
	}
	h.opts = api.Options{
		Role: "run", Version: "v0.1.0",
		Listeners: func() []api.Listener { return []api.Listener{{Name: "ingress", Address: "127.0.0.1:9473"}} },
		Policies: func() []api.Policy {
			return []api.Policy{{Name: "payment-slow", Percentage: 5 * policies.Whole / 100, Fault: "delay 400ms"}}
		},
		Documents: h.lib, Leases: h.table, Record: h.tape,
		Explain: func(q api.Question) (api.Answer, error) {
			if q.Listener == "nowhere" {
				return api.Answer{}, api.Refuse(http.StatusBadRequest, errors.New(`there is no listener "nowhere"`))
			}
			return api.Answer{Policy: "payment-slow", Why: []api.Why{{Policy: "payment-slow", Matched: true, Why: "path prefix /payments"}}}, nil
		},
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "poise_halted 0") }),
		Guard:   api.Guard{Address: "127.0.0.1:9471"},
		Verification: &api.Verification{
			Runs: h.runs, Timeline: h.tape,
			Story: func(_ context.Context, run string) (api.Story, error) {
				return api.Story{Markdown: []byte("## What we believed\n"), Value: map[string]string{"run": run}}, nil
			},
		},
	}
	if change != nil {
		change(&h.opts)
	}
	h.api = api.New(h.opts)
	return h
}

func sinceNow() func() lease.Instant {
	start := time.Now()
	return func() lease.Instant { return time.Since(start) }
}

// library is Documents that knows one name.
type library struct{ text []byte }

func (l *library) Put(name string, text []byte) ([]policies.Document, error) {
	if strings.Contains(string(text), "percentage: 500") {
		return nil, policies.Problems{{
			File: name, Line: 3, Column: 15, Field: "spec.percentage",
			Message: "500 is too much", Expected: "0 to 100", Hint: "write 50",
		}}
	}
	l.text = text
	return []policies.Document{{Kind: policies.KindFaultPolicy, Metadata: policies.Metadata{Name: "payment-slow"}}}, nil
}

func (*library) Delete(_ policies.Kind, name string) error {
	switch name {
	case "in-use":
		return api.Refuse(http.StatusConflict, errors.New("Verification checkout refers to it"))
	case "payment-slow":
		return nil
	}
	return api.Refuse(http.StatusNotFound, fmt.Errorf("there is no document %q", name))
}

// tape is a record in memory.
type tape struct {
	mu     sync.Mutex
	events []journal.Event
	before func(context.Context) error // called before an event is kept
}

func (t *tape) Append(ctx context.Context, e journal.Event) (journal.Event, error) {
	if t.before != nil {
		if err := t.before(ctx); err != nil {
			return e, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Seq = uint64(len(t.events) + 1)
	e.ID = fmt.Sprintf("e%d", e.Seq)
	t.events = append(t.events, e)
	return e, nil
}

func (t *tape) kinds() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	kinds := []string{}
	for _, e := range t.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (t *tape) Events(_ context.Context, q journal.Query) iter.Seq2[journal.Event, error] {
	return func(yield func(journal.Event, error) bool) {
		left := q.Limit
		for _, e := range t.events {
			if q.Selects(e) && left > 0 {
				left--
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

func (*tape) Ticks(context.Context, string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage(`{"seq":1}`), nil) }
}

// runs knows the run r1, which goes on until ended is closed.
type runs struct {
	ended chan struct{}
	waits chan struct{} // gets a word for everybody who begins to wait
}

func (r *runs) Start(_ context.Context, name string) (string, error) {
	switch name {
	case "checkout":
		return "r1", nil
	case "busy":
		return "", api.Refuse(http.StatusConflict, errors.New("run r1 verifies the same traffic"))
	}
	return "", api.Refuse(http.StatusNotFound, fmt.Errorf("there is no Verification %q", name))
}

func (r *runs) run() verifier.Run {
	run := verifier.Run{ID: "r1", Verification: "checkout", State: verifier.StateInjecting}
	select {
	case <-r.ended:
		run.State, run.Verdict = verifier.StateDone, verifier.Upheld
	default:
	}
	return run
}

func (r *runs) List(context.Context) ([]verifier.Run, error) { return []verifier.Run{r.run()}, nil }

func (r *runs) Get(_ context.Context, id string) (verifier.Run, error) {
	if id != "r1" {
		return verifier.Run{}, api.Refuse(http.StatusNotFound, fmt.Errorf("there is no run %q", id))
	}
	return r.run(), nil
}

func (r *runs) Wait(ctx context.Context, _ string) (verifier.Run, error) {
	select {
	case r.waits <- struct{}{}:
	default:
	}
	select {
	case <-r.ended:
	case <-ctx.Done():
	}
	return r.run(), nil
}

func (r *runs) Stop(_ context.Context, _, reason string) (verifier.Run, error) {
	run := r.run()
	run.State, run.Verdict, run.StopReason, run.Reason = verifier.StateDone, verifier.Stopped, "operator", reason
	return run, nil
}

// call is a request and what it must be answered.
type call struct {
	name           string
	request        string // "METHOD target"
	header         []string
	body           string
	status         int
	contentType    string // default: application/json, and problem+json for errors
	contains       string
	responseHeader string // "Name: value"
}

func (c call) check(t *testing.T, url string) {
	t.Helper()
	method, target, _ := strings.Cut(c.request, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, url+target, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range c.header {
		name, value, _ := strings.Cut(field, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := c.contentType
	if want == "" && c.status >= 400 {
		want = "application/problem+json"
	} else if want == "" {
		want = "application/json"
	}
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != c.status || got != want {
		t.Errorf("%s: %d %s, want %d %s\n%s", c.request, resp.StatusCode, got, c.status, want, body)
	}
	if !strings.Contains(string(body), c.contains) {
		t.Errorf("%s: body lacks %s:\n%s", c.request, c.contains, body)
	}
	if name, value, _ := strings.Cut(c.responseHeader, ": "); resp.Header.Get(name) != value {
		t.Errorf("%s: %s is %q, want %q", c.request, name, resp.Header.Get(name), value)
	}
	if want == "application/problem+json" {
		var p api.Problem
		if err := json.Unmarshal(body, &p); err != nil || p.Status != c.status || p.Type == "" || p.Title == "" || p.Detail == "" {
			t.Errorf("%s: not a whole problem (%v): %s", c.request, err, body)
		}
	}
}

func TestEndpoints(t *testing.T) {
	yaml := []string{"Content-Type: application/yaml"}
	for _, c := range []call{
		{name: "health is good", request: "GET /healthz", status: 200, contains: `"ok"`},
		{name: "readiness is good", request: "GET /readyz", status: 200, contains: `"ready"`},
		{name: "metrics are served", request: "GET /metrics", status: 200, contentType: "text/plain; charset=utf-8", contains: "poise_halted"},
		{
			name: "status shows role, version, listeners and policies", request: "GET /api/v1/status", status: 200,
			contains: `{"role":"run","version":"v0.1.0","listeners":[{"name":"ingress","address":"127.0.0.1:9473"}],"policies":[{"name":"payment-slow","percentage":5,`,
		},
		{name: "status shows runs", request: "GET /api/v1/status", status: 200, contains: `"runs":[{"id":"r1"`},
		{name: "policies are listed", request: "GET /api/v1/policies", status: 200, contains: `{"policies":[{"name":"payment-slow"`},

		{
			name: "documents are put as YAML", request: "PUT /api/v1/documents", header: yaml, body: "kind: FaultPolicy", status: 200,
			contains: `{"documents":[{"kind":"FaultPolicy","name":"payment-slow"}]}`,
		},
		{name: "the other names of YAML are known", request: "PUT /api/v1/documents", header: []string{"Content-Type: text/yaml; charset=utf-8"}, body: "a", status: 200},
		{name: "documents are put as JSON", request: "PUT /api/v1/documents", header: []string{"Content-Type: application/json"}, body: "{}", status: 200},
		{
			name: "a bad document is answered with its places", request: "PUT /api/v1/documents", header: yaml, body: "percentage: 500", status: 400,
			contains: `"errors":[{"file":"body","line":3,"column":15,"field":"spec.percentage","message":"500 is too much","expected":"0 to 100","hint":"write 50"}]`,
		},
		{name: "documents of another type are refused", request: "PUT /api/v1/documents", header: []string{"Content-Type: text/html"}, body: "a", status: 415},
		{name: "documents of no type are refused", request: "PUT /api/v1/documents", body: "a", status: 415},
		{name: "too many documents are refused", request: "PUT /api/v1/documents", header: yaml, body: strings.Repeat("# much\n", 200_000), status: 413},
		{name: "a document is deleted", request: "DELETE /api/v1/documents/FaultPolicy/payment-slow", status: 200, contains: `{"deleted":{"kind":"FaultPolicy","name":"payment-slow"}}`},
		{name: "a document that others refer to stays", request: "DELETE /api/v1/documents/Hypothesis/in-use", status: 409, contains: "Verification checkout refers to it"},
		{name: "a document that is not there cannot be deleted", request: "DELETE /api/v1/documents/Hypothesis/none", status: 404},

		{
			name: "a request is explained", request: "POST /api/v1/explain", body: `{"method":"POST","path":"/payments","headers":{"x-a":"1","x-b":["1","2"]}}`, status: 200,
			contains: `"why":[{"policy":"payment-slow","matched":true,"why":"path prefix /payments"}]`,
		},
		{name: "a request to an unknown listener is not explained", request: "POST /api/v1/explain", body: `{"listener":"nowhere"}`, status: 400},
		{name: "an explanation of nonsense is refused", request: "POST /api/v1/explain", body: `{"headers":{"x":7}}`, status: 400, contains: "string or a list"},

		{name: "leases are listed", request: "GET /api/v1/leases", status: 200, contains: `{"leases":[]}`},
		{name: "a lease is granted", request: "PUT /api/v1/leases/payment-slow", body: `{"ttl":"30s","reason":"game day"}`, status: 200, contains: `{"policy":"payment-slow","ttl":"30s","until":"2`},
		{name: "a reason is not needed", request: "PUT /api/v1/leases/payment-slow", body: `{"ttl":"1h"}`, status: 200},
		{name: "a lease needs a time", request: "PUT /api/v1/leases/payment-slow", body: `{}`, status: 400, contains: "ttl"},
		{name: "a lease needs a body", request: "PUT /api/v1/leases/payment-slow", status: 400, contains: "ttl"},
		{name: "a lease of no time is refused", request: "PUT /api/v1/leases/payment-slow", body: `{"ttl":"0s"}`, status: 400},
		{name: "a lease of negative time is refused", request: "PUT /api/v1/leases/payment-slow", body: `{"ttl":"-1s"}`, status: 400},
		{name: "a lease of over an hour is refused", request: "PUT /api/v1/leases/payment-slow", body: `{"ttl":"1h0m1s"}`, status: 400},
		{name: "a time that is no duration is refused", request: "PUT /api/v1/leases/payment-slow", body: `{"ttl":"soon"}`, status: 400},
		{name: "an unknown field is refused", request: "PUT /api/v1/leases/payment-slow", body: `{"ttl":"1s","tll":"2s"}`, status: 400, contains: "tll"},
		{name: "two values are refused", request: "PUT /api/v1/leases/payment-slow", body: `{"ttl":"1s"}{"ttl":"1s"}`, status: 400, contains: "more than one"},
		{name: "broken JSON is refused", request: "PUT /api/v1/leases/payment-slow", body: `{"ttl`, status: 400},
		{name: "a huge body is refused", request: "PUT /api/v1/leases/payment-slow", body: `{"reason":"` + strings.Repeat("a", 1<<17) + `"}`, status: 413},
		{name: "a lease of an unknown policy is refused", request: "PUT /api/v1/leases/none", body: `{"ttl":"1s"}`, status: 404, contains: "none"},
		{name: "there may be no lease to end", request: "DELETE /api/v1/leases/payment-slow", status: 200, contains: `{"ended":false,"policy":"payment-slow"}`},
		{name: "a lease of an unknown policy cannot be ended", request: "DELETE /api/v1/leases/none", status: 404},

		{name: "a halt is answered", request: "POST /api/v1/halt", body: `{"reason":"pager"}`, status: 200, contains: `{"halted":true,"reason":"pager","recorded":true}`},
		{name: "a halt needs no reason", request: "POST /api/v1/halt", status: 200, contains: `"reason":"no reason given"`},
		{name: "a halt happens whatever the body says", request: "POST /api/v1/halt", body: `{"reason`, status: 200, contains: `"ignored":"the body`},
		{name: "a resume when not halted is fine", request: "POST /api/v1/resume", body: `{"reason":"all clear"}`, status: 200, contains: `{"halted":false,`},
		{name: "a resume reads its body strictly", request: "POST /api/v1/resume", body: `{"raison":"all clear"}`, status: 400},

		{name: "a run is started", request: "POST /api/v1/verifications/checkout/runs", status: 201, contains: `{"id":"r1"}`, responseHeader: "Location: /api/v1/runs/r1"},
		{name: "a run of an unknown verification is refused", request: "POST /api/v1/verifications/none/runs", status: 404},
		{name: "a run of busy traffic is refused", request: "POST /api/v1/verifications/busy/runs", body: "{}", status: 409, contains: "same traffic"},
		{name: "runs are listed", request: "GET /api/v1/runs", status: 200, contains: `{"runs":[{"id":"r1"`},
		{name: "a run is shown", request: "GET /api/v1/runs/r1", status: 200, contains: `{"id":"r1"`},
		{name: "the latest run is shown", request: "GET /api/v1/runs/latest", status: 200, contains: `{"id":"r1"`},
		{name: "an unknown run is not shown", request: "GET /api/v1/runs/r9", status: 404},
		{name: "a run is stopped", request: "DELETE /api/v1/runs/latest", body: `{"reason":"lunch"}`, status: 200, contains: `"reason":"lunch"`},
		{name: "a wait ends at its timeout with the run as it stands", request: "GET /api/v1/runs/r1/wait?timeout=1ms", status: 200, contains: `"state":"injecting"`},
		{name: "a wait without end is refused", request: "GET /api/v1/runs/r1/wait?timeout=24h", status: 400},
		{name: "a wait of nonsense is refused", request: "GET /api/v1/runs/r1/wait?timeout=long", status: 400},
		{name: "a story is markdown by default", request: "GET /api/v1/runs/r1/story", status: 200, contentType: "text/markdown; charset=utf-8", contains: "## What we believed"},
		{name: "a story is JSON when asked", request: "GET /api/v1/runs/r1/story", header: []string{"Accept: application/json, */*;q=0.1"}, status: 200, contains: `{"run":"r1"}`},
		{name: "a story is not HTML yet", request: "GET /api/v1/runs/r1/story", header: []string{"Accept: text/html"}, status: 406, contains: "not available yet"},
		{name: "a browser gets markdown", request: "GET /api/v1/runs/r1/story", header: []string{"Accept: text/html, */*;q=0.8"}, status: 200, contentType: "text/markdown; charset=utf-8"},
		{name: "evidence is the ticks of the run", request: "GET /api/v1/runs/r1/evidence", status: 200, contains: `{"run":"r1","ticks":[{"seq":1}]}`},
		{name: "evidence of an unknown run is not there", request: "GET /api/v1/runs/r9/evidence", status: 404},
		{name: "a run has a timeline", request: "GET /api/v1/runs/r1/timeline", status: 200, contains: `{"events":[]}`},

		{name: "the timeline is read", request: "GET /api/v1/timeline?since=2h&until=2126-01-31T09:00:00Z&run=latest&after=3&limit=5", status: 200, contains: `{"events":[]}`},
		{name: "a time of nonsense is refused", request: "GET /api/v1/timeline?since=yesterday", status: 400, contains: "RFC 3339"},
		{name: "a limit of nonsense is refused", request: "GET /api/v1/timeline?limit=0", status: 400},
		{name: "a place of nonsense is refused", request: "GET /api/v1/timeline?after=-1", status: 400},
		{name: "a note is added", request: "POST /api/v1/timeline", body: `{"kind":"note","text":"we saw\nit"}`, status: 201, contains: `"text":"we saw it"`},
		{name: "a deploy is added", request: "POST /api/v1/timeline", body: `{"kind":"deploy","text":"v2","source":"ci","subject":"checkout","run":"latest","data":{"sha":"1"}}`, status: 201, contains: `"run":"r1"`},
		{name: "a decision cannot be added", request: "POST /api/v1/timeline", body: `{"kind":"decision","text":"upheld"}`, status: 400},
		{name: "nobody speaks for the verifier", request: "POST /api/v1/timeline", body: `{"kind":"note","text":"x","source":"verifier"}`, status: 400},
		{name: "a note without words is refused", request: "POST /api/v1/timeline", body: `{"kind":"note","text":" "}`, status: 400},
		{name: "a note on an unknown run is refused", request: "POST /api/v1/timeline", body: `{"kind":"note","text":"x","run":"r9"}`, status: 404},

		{name: "what is unknown is not there", request: "GET /api/v1/beliefs", status: 404},
		{name: "the root is not there yet", request: "GET /", status: 404},
		{name: "a wrong method is told the right ones", request: "POST /api/v1/leases/payment-slow", status: 405, responseHeader: "Allow: DELETE, PUT"},
		{name: "a halt is not read", request: "GET /api/v1/halt", status: 405, responseHeader: "Allow: POST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(newHouse(t, nil).api)
			defer server.Close()
			c.check(t, server.URL)
		})
	}
}

func TestTheDataPlaneAloneHasNoVerification(t *testing.T) {
	server := httptest.NewServer(newHouse(t, func(o *api.Options) { o.Verification = nil; o.Metrics = nil }).api)
	defer server.Close()
	for _, request := range []string{
		"GET /api/v1/runs", "POST /api/v1/verifications/checkout/runs", "GET /api/v1/runs/r1/story",
		"GET /api/v1/timeline", "POST /api/v1/timeline", "GET /metrics",
	} {
		call{request: request, body: "{}", status: 404}.check(t, server.URL)
	}
	call{request: "GET /api/v1/status", status: 200, contains: `"halted":false`}.check(t, server.URL)
}

func TestTheObserveAddressShowsAndChangesNothing(t *testing.T) {
	h := newHouse(t, func(o *api.Options) { o.Guard.Token = "secret" })
	server := httptest.NewServer(api.Observe(h.opts))
	defer server.Close()
	for _, request := range []string{"GET /healthz", "GET /readyz"} {
		call{request: request, header: []string{"Host: anything.example"}, status: 200}.check(t, server.URL)
	}
	call{request: "GET /metrics", header: []string{"Host: anything.example"}, status: 200, contentType: "text/plain; charset=utf-8"}.check(t, server.URL)
	for _, request := range []string{"POST /api/v1/halt", "GET /api/v1/status", "PUT /api/v1/leases/payment-slow", "GET /"} {
		call{request: request, status: 404}.check(t, server.URL)
	}
	call{request: "POST /healthz", status: 405, responseHeader: "Allow: GET, HEAD"}.check(t, server.URL)
	if h.table.Halted() != nil {
		t.Error("the observe address halted poise")
	}
}

func TestARecordThatRefusesLeasesDoesNotTakeTheProcessOutOfTraffic(t *testing.T) {
	server := httptest.NewServer(newHouse(t, func(o *api.Options) {
		o.Refuses = func() error { return errors.New("the disk is full") }
	}).api)
	defer server.Close()
	call{request: "GET /readyz", status: 200, contains: "the disk is full"}.check(t, server.URL)
	call{request: "GET /healthz", status: 200}.check(t, server.URL)
	call{request: "GET /api/v1/status", status: 200, contains: `"refused":"the disk is full"`}.check(t, server.URL)
}

func TestTheTimelineIsReadPageByPage(t *testing.T) {
	h := newHouse(t, nil)
	for i := range 5 {
		h.tape.events = append(h.tape.events, journal.Event{Seq: uint64(i + 1), Kind: journal.KindNote})
	}
	var seen []uint64
	for after := uint64(0); ; {
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, request("GET", fmt.Sprintf("/api/v1/timeline?limit=2&after=%d", after), ""))
		var page api.Page
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Events) > 2 {
			t.Fatalf("%v: %s", err, w.Body)
		}
		for _, e := range page.Events {
			seen = append(seen, e.Seq)
		}
		if after = page.Next; after == 0 {
			break
		}
	}
	if want := []uint64{1, 2, 3, 4, 5}; !slices.Equal(seen, want) {
		t.Errorf("read %v, want %v", seen, want)
	}
}

// request returns a request as somebody on this machine sends it.
func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:9471"
	return r
}
