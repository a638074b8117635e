package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"sync"

	"github.com/poise-dev/poise/verifier"
)

// gates answer the programs that roll out new versions. They never fail: a gate
// that cannot tell is closed, and says why.
type gates struct {
	runs Runs
	// halted says why everything is off, or nil.
	halted func() error
	// start says whether a gate may start a run.
	start bool

	mu sync.Mutex
	// begun is the rollout that each verification was last started for; it has an
	// entry for each Verification at most.
	begun map[string]string
}

// routes adds the gates.
func (g *gates) routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /gate/flagger/{verification}/rollout", g.flagger(g.goOn))
	mux.HandleFunc("POST /gate/flagger/{verification}/confirm", g.flagger(g.goOn))
	mux.HandleFunc("POST /gate/flagger/{verification}/rollback", g.flagger(g.goBack))
	mux.HandleFunc("GET /gate/argo/{verification}", g.argo)
}

// flagger answers a Flagger webhook: 200 when the gate is open, otherwise 412;
// and one sentence. Flagger takes any other status for a failed check too, and
// 429 and 5xx for a reason to try again.
func (g *gates) flagger(open func(r *http.Request, name string) (bool, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		isOpen, why := open(r, r.PathValue("verification"))
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if !isOpen {
			w.WriteHeader(http.StatusPreconditionFailed)
		}
		_, _ = fmt.Fprintln(w, why) // whoever left does not need the answer
	}
}

// goOn is open while a run is unbreached, and after one that was upheld.
// With ?start=true it starts one for a rollout that has none yet.
func (g *gates) goOn(r *http.Request, name string) (bool, string) {
	if cause := g.halted(); cause != nil {
		return false, fmt.Sprintf("poise is halted: %v.", cause)
	}
	run, err := g.newest(r.Context(), name)
	if err != nil {
		return false, sentence(err.Error())
	}
	if r.URL.Query().Get("start") == "true" {
		if !g.start {
			return false, "Nothing can be started at this address; use the admin address."
		}
		rollout := rolloutOf(r)
		if g.due(name, rollout, run) {
			return g.begin(r.Context(), name, rollout)
		}
	}
	return standing(run, name)
}

// standing says whether a rollout may go on beside a run.
func standing(run *verifier.Run, name string) (bool, string) {
	switch {
	case run == nil:
		return false, fmt.Sprintf("The verification %s has never been run.", name)
	case run.Verdict == verifier.Upheld:
		return true, sentence("upheld: " + run.Reason)
	case run.Verdict != "":
		return false, sentence(string(run.Verdict) + ": " + run.Reason)
	case run.State == verifier.StatePaused:
		return false, fmt.Sprintf("Run %s is paused: nothing can be seen at the moment.", run.ID)
	default:
		return true, fmt.Sprintf("Run %s is %s, and nothing is breached.", run.ID, run.State)
	}
}

// goBack is open when the newest run is breached.
func (g *gates) goBack(r *http.Request, name string) (bool, string) {
	run, err := g.newest(r.Context(), name)
	switch {
	case err != nil:
		return false, sentence(err.Error())
	case run == nil:
		return false, fmt.Sprintf("The verification %s has never been run.", name)
	case run.Verdict == verifier.Breached:
		return true, sentence("breached: " + run.Reason)
	default:
		return false, fmt.Sprintf("Run %s is not breached.", run.ID)
	}
}

// due says whether a run is to be started for a rollout: none is under way, and
// none was started for this one. Who does not name the rollout gets a new run
// whenever there is none, or the newest has neither upheld nor broken the
// belief.
func (g *gates) due(name, rollout string, run *verifier.Run) bool {
	if run != nil && run.State != verifier.StateDone {
		return false
	}
	if rollout == "" {
		return run == nil || run.Verdict != verifier.Upheld && run.Verdict != verifier.Breached
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.begun[name] != rollout
}

func (g *gates) begin(ctx context.Context, name, rollout string) (bool, string) {
	id, err := g.runs.Start(ctx, name)
	if err != nil {
		return false, sentence("A run cannot be started: " + err.Error())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.begun == nil {
		g.begun = map[string]string{}
	}
	g.begun[name] = rollout
	return true, fmt.Sprintf("Run %s has begun.", id)
}

// rolloutOf returns what names the rollout in the body of a Flagger webhook; its
// checksum changes with every new revision. Empty: nothing does.
func rolloutOf(r *http.Request) string {
	var body struct{ Name, Namespace, Checksum string }
	if json.NewDecoder(io.LimitReader(r.Body, maxJSON)).Decode(&body) != nil || body.Checksum == "" {
		return ""
	}
	return body.Namespace + "/" + body.Name + "/" + body.Checksum
}

// newest returns the newest run of a verification, or nil.
func (g *gates) newest(ctx context.Context, name string) (*verifier.Run, error) {
	runs, err := g.runs.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("the runs cannot be read: %w", err)
	}
	i := slices.IndexFunc(runs, func(r verifier.Run) bool { return r.Verification == name })
	if i < 0 {
		return nil, nil //nolint:nilnil // no run is an answer
	}
	return &runs[i], nil
}

// Measurement is the answer to an Argo Rollouts web metric.
type Measurement struct {
	Verdict string `json:"verdict"` // pass, breach, inconclusive
	Reason  string `json:"reason"`
	// Samples is how many requests met the fault.
	Samples uint64 `json:"samples"`
	// Score is 100 with nothing against the belief; each factor of ten of the
	// strongest evidence takes 50 away.
	Score  int  `json:"score"`
	Halted bool `json:"halted"`
	// Story is the path of the run's story; empty: there is no run.
	Story string `json:"story"`
}

// argo answers an Argo Rollouts web metric: always 200. With ?sofar=true a run
// under way passes while it is unbreached.
func (g *gates) argo(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("verification")
	m := Measurement{Verdict: "inconclusive", Halted: g.halted() != nil}
	run, err := g.newest(r.Context(), name)
	switch {
	case err != nil:
		m.Reason = sentence(err.Error())
	case run == nil:
		m.Reason = fmt.Sprintf("The verification %s has never been run.", name)
	default:
		m.of(*run, r.URL.Query().Get("sofar") == "true")
	}
	write(w, http.StatusOK, "application/json", m)
}

// of fills in what a run says.
func (m *Measurement) of(run verifier.Run, sofar bool) {
	open, why := standing(&run, run.Verification)
	m.Reason, m.Samples, m.Score = why, run.Arms.Fault.Requests, score(run)
	m.Story = "/api/v1/runs/" + run.ID + "/story"
	switch {
	case run.Verdict == verifier.Breached:
		m.Verdict = "breach"
	case run.Verdict == verifier.Upheld, run.Verdict == "" && open && sofar:
		m.Verdict = "pass"
	}
}

func score(run verifier.Run) int {
	most := 1.0
	for _, g := range run.Guards {
		most = max(most, g.Evidence)
	}
	return int(math.Round(100 - min(50*math.Log10(most), 100)))
}

// sentence ends words in one full stop.
func sentence(words string) string {
	for len(words) > 0 && words[len(words)-1] == '.' {
		words = words[:len(words)-1]
	}
	return words + "."
}
