package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/poise-dev/poise/internal/journal"
)

// A halt answers within 100 ms: these two, and little more.
const (
	// haltPatience is how long a halt waits for its reason.
	haltPatience = 25 * time.Millisecond
	// haltRecording is how long the answer waits for the record.
	haltRecording = 50 * time.Millisecond
)

// maxRecords bounds the records under way that nobody waits for any more. With
// more, the record is stuck, and so would the next one be.
const maxRecords = 8

// noReason is the reason of who gives none.
const noReason = "no reason given"

// Halted is the answer to a halt or a resume.
type Halted struct {
	Halted bool   `json:"halted"`
	Reason string `json:"reason,omitempty"`
	// Recorded tells whether the record has it: after a restart, poise is as the
	// record says.
	Recorded bool `json:"recorded"`
	// Ignored says what was wrong with the body; a halt does not fail for it.
	Ignored string `json:"ignored,omitempty"`
}

// halt turns everything off: whatever the body says, whatever the record does.
func (a *API) halt(w http.ResponseWriter, r *http.Request) (answer, error) {
	reason, wrong := readReason(w, r, haltPatience)
	a.Switch.Halt(errors.New(reason))
	a.Log.WarnContext(r.Context(), "halted by a person", "reason", reason)
	said := Halted{Halted: true, Reason: reason, Recorded: a.recordSoon(r.Context(), halting(reason))}
	if wrong != nil {
		said.Ignored = wrong.Error()
	}
	return ok(said)
}

// resume lets faults be started again, once that is recorded. A halt that came
// meanwhile stays.
func (a *API) resume(w http.ResponseWriter, r *http.Request) (answer, error) {
	term := a.Leases.Term()
	reason, err := readReason(w, r, patience)
	if err != nil {
		return answer{}, err
	}
	cause := a.Switch.Halted()
	if cause == nil {
		return ok(Halted{Reason: reason})
	}
	recorded := a.Record != nil
	if recorded {
		event := journal.Event{
			Kind: journal.KindResume, Source: journal.SourcePerson,
			Text: "A person resumed: " + reason, Data: data(map[string]string{"reason": reason}),
		}
		if _, err := a.append(r.Context(), event); err != nil {
			return answer{}, refuse(http.StatusServiceUnavailable, "still halted, since the resume cannot be recorded: %w", err)
		}
	}
	if !a.Switch.Resume(term) {
		a.recordSoon(r.Context(), halting(cause.Error())) // the record must end with the halt
		return answer{}, refuse(http.StatusConflict, "still halted: there was another halt meanwhile")
	}
	a.Log.WarnContext(r.Context(), "resumed by a person", "reason", reason)
	return ok(Halted{Reason: reason, Recorded: recorded})
}

// readReason reads {"reason": "…"}. There is always a reason to read.
func readReason(w http.ResponseWriter, r *http.Request, within time.Duration) (string, error) {
	var said struct {
		Reason string `json:"reason"`
	}
	text, err := readBody(w, r, maxJSON, within)
	if err == nil {
		err = parseJSON(text, &said)
	}
	if reason := words(said.Reason); reason != "" && err == nil {
		return reason, nil
	}
	return noReason, err
}

func halting(reason string) journal.Event {
	return journal.Event{
		Kind: journal.KindHalt, Source: journal.SourcePerson, At: time.Now(),
		Text: "A person halted everything: " + reason, Data: data(map[string]string{"reason": reason}),
	}
}

// recordSoon records an event and waits a moment for it; it returns whether it
// is durable by then. The record goes on without the request.
func (a *API) recordSoon(ctx context.Context, e journal.Event) bool {
	if a.Record == nil {
		return false
	}
	select {
	case a.slots <- struct{}{}:
	default:
		a.Log.ErrorContext(ctx, "the record is stuck; an event is lost", "kind", e.Kind)
		return false
	}
	done := make(chan error, 1)
	ctx = context.WithoutCancel(ctx)
	a.records.Go(func() {
		defer func() { <-a.slots }()
		_, err := a.append(ctx, e)
		if err != nil {
			a.Log.ErrorContext(ctx, "an event was not recorded", "kind", e.Kind, "error", err)
		}
		done <- err
	})
	timer := time.NewTimer(haltRecording)
	defer timer.Stop()
	select {
	case err := <-done:
		return err == nil
	case <-timer.C:
		return false
	}
}
