package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/verifier"
)

// gated is Runs with at most one run, of the verification "checkout".
type gated struct {
	runs

	newest  []verifier.Run
	broken  error
	started int
}

func (g *gated) List(context.Context) ([]verifier.Run, error) { return g.newest, g.broken }

func (g *gated) Start(_ context.Context, name string) (string, error) {
	if name != "checkout" {
		return "", api.Refuse(http.StatusNotFound, errors.New(`there is no Verification "`+name+`"`))
	}
	g.started++
	g.newest = []verifier.Run{{ID: "r2", Verification: name, State: verifier.StateBaseline}}
	return "r2", nil
}

// standings are runs of every kind.
func standings() map[string][]verifier.Run {
	run := func(s verifier.State, v verifier.Verdict, reason string) []verifier.Run {
		return []verifier.Run{{
			ID: "r1", Verification: "checkout", State: s, Verdict: v, Reason: reason,
			Arms:   verifier.Arms{Fault: verifier.FaultArm{Tally: verifier.Tally{Requests: 412}}},
			Guards: []verifier.Guard{{Evidence: 0.1}, {Evidence: 10}},
		}}
	}
	return map[string][]verifier.Run{
		"none":          nil,
		"baseline":      run(verifier.StateBaseline, "", ""),
		"injecting":     run(verifier.StateInjecting, "", ""),
		"paused":        run(verifier.StatePaused, "", ""),
		"breached":      run(verifier.StateRecovering, verifier.Breached, "8% were bad."),
		"upheld":        run(verifier.StateDone, verifier.Upheld, "None was bad."),
		"inconclusive":  run(verifier.StateDone, verifier.Inconclusive, "Time is over."),
		"not exercised": run(verifier.StateDone, verifier.NotExercised, "Nobody came."),
		"stopped":       run(verifier.StateDone, verifier.Stopped, "A person stopped it."),
	}
}

func gatedHouse(t *testing.T, g *gated) *house {
	t.Helper()
	return newHouse(t, func(o *api.Options) { o.Verification.Runs = g })
}

func TestFlaggerGoesOnOrNot(t *testing.T) {
	for name, want := range map[string]struct {
		goOn, goBack int
		why          string
	}{
		"none":          {412, 412, "The verification checkout has never been run."},
		"baseline":      {200, 412, "Run r1 is baseline, and nothing is breached."},
		"injecting":     {200, 412, "Run r1 is injecting, and nothing is breached."},
		"paused":        {412, 412, "Run r1 is paused: nothing can be seen at the moment."},
		"breached":      {412, 200, "breached: 8% were bad."},
		"upheld":        {200, 412, "upheld: None was bad."},
		"inconclusive":  {412, 412, "inconclusive: Time is over."},
		"not exercised": {412, 412, "not-exercised: Nobody came."},
		"stopped":       {412, 412, "stopped: A person stopped it."},
	} {
		t.Run(name, func(t *testing.T) {
			h := gatedHouse(t, &gated{newest: standings()[name]})
			for _, door := range []http.Handler{h.api, api.Observe(h.opts)} {
				for gate, status := range map[string]int{"rollout": want.goOn, "confirm": want.goOn, "rollback": want.goBack} {
					w := ask(door, "POST", "/gate/flagger/checkout/"+gate, `{"name":"shop","namespace":"prod","phase":"Progressing","metadata":{}}`)
					if w.Code != status {
						t.Errorf("%s answers %d %s, want %d", gate, w.Code, w.Body, status)
					}
					if got := strings.TrimSpace(w.Body.String()); gate == "rollout" && got != want.why || !strings.HasSuffix(got, ".") {
						t.Errorf("%s says %q, want %q", gate, got, want.why)
					}
				}
			}
		})
	}
}

func TestAFlaggerGateStartsOneRunForEachRollout(t *testing.T) {
	g := &gated{}
	h := gatedHouse(t, g)
	post := func(door http.Handler, checksum string) *httptest.ResponseRecorder {
		return ask(door, "POST", "/gate/flagger/checkout/rollout?start=true", `{"name":"shop","namespace":"prod","checksum":"`+checksum+`"}`)
	}
	for _, step := range []struct {
		what, checksum string
		before         verifier.Verdict // of the newest run
		status         int
		started        int
	}{
		{"the first question of a rollout", "a", "", 200, 1},
		{"the next ones", "a", "", 200, 1},
		{"after it was upheld", "a", verifier.Upheld, 200, 1},
		{"a new rollout", "b", verifier.Upheld, 200, 2},
		{"after it was breached", "b", verifier.Breached, 412, 2},
		{"a rollout without a name, after a breach", "", verifier.Breached, 412, 2},
		{"a rollout without a name, after a stop", "", verifier.Stopped, 200, 3},
	} {
		if step.before != "" {
			g.newest[0].State, g.newest[0].Verdict = verifier.StateDone, step.before
		}
		if w := post(h.api, step.checksum); w.Code != step.status || g.started != step.started {
			t.Errorf("%s: %d %s, %d runs; want %d, %d runs", step.what, w.Code, w.Body, g.started, step.status, step.started)
		}
	}
	if w := post(api.Observe(h.opts), "c"); w.Code != 412 || g.started != 3 || !strings.Contains(w.Body.String(), "Nothing can be started at this address") {
		t.Errorf("at the address for looking only: %d %s", w.Code, w.Body)
	}
}

func TestAGateThatCannotTellIsClosed(t *testing.T) {
	for name, c := range map[string]struct {
		gated gated
		path  string
		halt  bool
		why   string
	}{
		"the record fails":          {gated{broken: errors.New("disk full")}, "/gate/flagger/checkout/rollout", false, "The runs cannot be read: disk full."},
		"poise is halted":           {gated{newest: standings()["upheld"]}, "/gate/flagger/checkout/rollout", true, "poise is halted: too much."},
		"it cannot be started":      {gated{}, "/gate/flagger/nobody/rollout?start=true", false, `A run cannot be started: there is no Verification "nobody".`},
		"nobody knows the name":     {gated{}, "/gate/flagger/nobody/confirm", false, "The verification nobody has never been run."},
		"a run of somebody else":    {gated{newest: standings()["breached"]}, "/gate/flagger/other/rollback", false, "The verification other has never been run."},
		"the record fails, go back": {gated{broken: errors.New("disk full")}, "/gate/flagger/checkout/rollback", false, "The runs cannot be read: disk full."},
	} {
		t.Run(name, func(t *testing.T) {
			h := gatedHouse(t, &c.gated)
			if c.halt {
				h.table.Halt(errors.New("too much"))
			}
			w := ask(h.api, "POST", c.path, "not JSON at all")
			if got := strings.TrimSpace(w.Body.String()); w.Code != 412 || !strings.EqualFold(got, c.why) {
				t.Errorf("%d %q, want 412 %q", w.Code, got, c.why)
			}
		})
	}
}

func TestArgoIsAlwaysAnswered(t *testing.T) {
	for name, want := range map[string]struct{ verdict, sofar string }{
		"none":          {"inconclusive", "inconclusive"},
		"baseline":      {"inconclusive", "pass"},
		"injecting":     {"inconclusive", "pass"},
		"paused":        {"inconclusive", "inconclusive"},
		"breached":      {"breach", "breach"},
		"upheld":        {"pass", "pass"},
		"inconclusive":  {"inconclusive", "inconclusive"},
		"not exercised": {"inconclusive", "inconclusive"},
		"stopped":       {"inconclusive", "inconclusive"},
	} {
		t.Run(name, func(t *testing.T) {
			h := gatedHouse(t, &gated{newest: standings()[name]})
			for _, door := range []http.Handler{h.api, api.Observe(h.opts)} {
				for path, verdict := range map[string]string{"": want.verdict, "?sofar=true": want.sofar} {
					w := ask(door, "GET", "/gate/argo/checkout"+path, "")
					var got api.Measurement
					if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
						t.Fatalf("%d %s: %v", w.Code, w.Body, err)
					}
					if got.Verdict != verdict || got.Reason == "" || got.Halted {
						t.Errorf("%s: %+v, want %s", path, got, verdict)
					}
					if name != "none" && (got.Samples != 412 || got.Score != 50 || got.Story != "/api/v1/runs/r1/story") {
						t.Errorf("%+v, want 412 samples, score 50 and the story", got)
					}
				}
			}
		})
	}
	h := gatedHouse(t, &gated{broken: errors.New("disk full")})
	h.table.Halt(errors.New("too much"))
	if w := ask(h.api, "GET", "/gate/argo/checkout", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"halted":true`) || !strings.Contains(w.Body.String(), "disk full") {
		t.Errorf("without a record: %d %s", w.Code, w.Body)
	}
}

// oneBelief is Beliefs that knows one.
type oneBelief struct{ belief api.Belief }

func (o *oneBelief) Belief(_ context.Context, name string) (api.Belief, error) {
	if name != o.belief.Name {
		return api.Belief{}, api.Refuse(http.StatusNotFound, errors.New("there is no Hypothesis"))
	}
	return o.belief, nil
}

func (o *oneBelief) Acknowledge(_ context.Context, _, _ string) (api.Belief, error) {
	o.belief.Quarantined = ""
	return o.belief, nil
}

func TestWhetherABeliefHoldsIsToldByTheStatus(t *testing.T) {
	for name, want := range map[string]int{
		"none": 425, "baseline": 425, "injecting": 425, "paused": 503, "breached": 409, "upheld": 200,
		"inconclusive": 425, "not exercised": 412, "stopped": 503,
	} {
		t.Run(name, func(t *testing.T) {
			known := &oneBelief{api.Belief{Name: "survives", Quarantined: "8% were bad"}}
			if runs := standings()[name]; runs != nil {
				known.belief.Run = &runs[0]
			}
			h := newHouse(t, func(o *api.Options) { o.Verification.Beliefs = known })
			w := ask(h.api, "GET", "/api/v1/beliefs/survives/verdict", "")
			var got api.BeliefVerdict
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != want || got.Reason == "" || got.Belief != "survives" {
				t.Errorf("%d %s (%v), want %d", w.Code, w.Body, err, want)
			}
		})
	}
	h := newHouse(t, func(o *api.Options) { o.Verification.Beliefs = &oneBelief{} })
	if w := ask(h.api, "GET", "/api/v1/beliefs/nobody/verdict", ""); w.Code != 404 {
		t.Errorf("a belief nobody knows: %d", w.Code)
	}
}
