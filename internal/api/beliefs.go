package api

import (
	"context"
	"net/http"
	"time"

	"github.com/poise-dev/poise/verifier"
)

// Beliefs are what the record knows of every hypothesis. Errors are [Refuse]d:
// 404 for a name that does not exist, 503 when the record fails.
type Beliefs interface {
	// Belief returns what is known of a belief.
	Belief(ctx context.Context, name string) (Belief, error)
	// Acknowledge ends its quarantine, on a person's word.
	Acknowledge(ctx context.Context, name, reason string) (Belief, error)
}

// Belief is what is known of a hypothesis.
type Belief struct {
	Name string `json:"name"`
	// UpheldAt is when it was last upheld; absent: never.
	UpheldAt time.Time `json:"upheldAt,omitzero"`
	// Quarantined is the breach because of which it is not run by itself until a
	// person acknowledges it; empty: it may be.
	Quarantined string `json:"quarantined,omitempty"`
	// Run is the newest run, as it stands; nil: there was none.
	Run *verifier.Run `json:"run,omitempty"`
}

// BeliefVerdict is the answer to whoever asks whether a belief holds.
type BeliefVerdict struct {
	Belief      string           `json:"belief"`
	Verdict     verifier.Verdict `json:"verdict,omitempty"` // absent: none yet
	Reason      string           `json:"reason"`
	Run         string           `json:"run,omitempty"`
	UpheldAt    time.Time        `json:"upheldAt,omitzero"`
	Quarantined string           `json:"quarantined,omitempty"`
}

// beliefs adds the routes of beliefs.
func (a *API) beliefs(mux *http.ServeMux) {
	mux.Handle("GET /api/v1/beliefs/{name}/verdict", a.handle(a.beliefVerdict))
	mux.Handle("POST /api/v1/beliefs/{name}/ack", a.handle(a.acknowledge))
}

// beliefVerdict answers by its status: programs need not read the body.
func (a *API) beliefVerdict(_ http.ResponseWriter, r *http.Request) (answer, error) {
	b, err := a.Verification.Beliefs.Belief(r.Context(), r.PathValue("name"))
	if err != nil {
		return answer{}, err
	}
	v := BeliefVerdict{Belief: b.Name, UpheldAt: b.UpheldAt, Quarantined: b.Quarantined, Reason: "It has never been run."}
	if b.Run == nil {
		return answer{v, http.StatusTooEarly}, nil
	}
	v.Run, v.Verdict, v.Reason = b.Run.ID, b.Run.Verdict, b.Run.Reason
	if v.Verdict == "" {
		v.Reason = "Run " + v.Run + " is " + string(b.Run.State) + "."
	}
	return answer{v, verdictStatus(*b.Run)}, nil
}

// verdictStatus is the status that tells how a belief stands by its newest run.
func verdictStatus(run verifier.Run) int {
	switch {
	case run.Verdict == verifier.Upheld:
		return http.StatusOK
	case run.Verdict == verifier.Breached:
		return http.StatusConflict
	case run.Verdict == verifier.NotExercised:
		return http.StatusPreconditionFailed
	case run.Verdict == verifier.Stopped, run.Verdict == "" && run.State == verifier.StatePaused:
		return http.StatusServiceUnavailable
	default:
		return http.StatusTooEarly
	}
}

// acknowledge takes a breached belief out of its quarantine.
func (a *API) acknowledge(w http.ResponseWriter, r *http.Request) (answer, error) {
	reason, err := readReason(w, r, patience)
	if err != nil {
		return answer{}, err
	}
	b, err := a.Verification.Beliefs.Acknowledge(r.Context(), r.PathValue("name"), reason)
	if err != nil {
		return answer{}, err
	}
	return ok(b)
}
