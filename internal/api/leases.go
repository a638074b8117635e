package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/lease"
	"github.com/poise-dev/poise/policies"
)

const (
	// maxTTL is the longest a person's lease lasts without being renewed.
	maxTTL = time.Hour
	// maxRecording is the longest a record may take to be durable.
	maxRecording = 5 * time.Second
)

func (a *API) leases(http.ResponseWriter, *http.Request) (answer, error) {
	now := time.Now()
	shown := []Lease{}
	for _, l := range a.Leases.Leases() {
		shown = append(shown, leaseOf(l, now))
	}
	return ok(map[string]any{"leases": shown})
}

// putLease grants a person's lease, or renews it. The time to live counts from
// the arrival of the request and the term is that of its arrival: whatever
// happens while it is read and recorded, the grant is worth no more.
func (a *API) putLease(w http.ResponseWriter, r *http.Request) (answer, error) {
	beat, term, now := a.Leases.Beat(), a.Leases.Term(), time.Now()
	policy := r.PathValue("policy")
	ttl, reason, err := readLease(w, r)
	if err != nil {
		return answer{}, err
	}
	if err := a.knownPolicy(policy); err != nil {
		return answer{}, err
	}
	if a.Taken != nil {
		if err := a.Taken(policy); err != nil {
			return answer{}, Refuse(http.StatusConflict, err)
		}
	}
	grant := lease.Grant{Policy: policy, Term: term, Until: beat + ttl}
	if err := a.Leases.Check(grant); err != nil {
		return answer{}, refuseGrant(err)
	}
	event := granted(policy, reason, ttl, now)
	if _, err := a.append(r.Context(), event); err != nil {
		return answer{}, refuse(http.StatusServiceUnavailable, "no record, no fault: %w", err)
	}
	if err := a.Leases.Apply(grant); err != nil {
		a.recordSoon(r.Context(), notGranted(policy, err))
		return answer{}, refuseGrant(err)
	}
	a.Log.InfoContext(r.Context(), "a person granted a lease", "policy", policy, "ttl", ttl, "reason", reason)
	return ok(Lease{
		Policy: policy, TTL: policies.Duration(ttl), Until: now.Add(ttl).UTC(),
		Remaining: policies.Duration(beat + ttl - a.Leases.Beat()),
	})
}

// readLease reads what is asked for.
func readLease(w http.ResponseWriter, r *http.Request) (ttl time.Duration, reason string, err error) {
	var asked struct {
		TTL    string `json:"ttl"`
		Reason string `json:"reason"`
	}
	if err := readJSON(w, r, &asked); err != nil {
		return 0, "", err
	}
	if asked.TTL == "" {
		return 0, "", refuse(http.StatusBadRequest, `"ttl" is missing; expected a duration such as "30s"`)
	}
	ttl, err = time.ParseDuration(asked.TTL)
	switch {
	case err != nil:
		return 0, "", refuse(http.StatusBadRequest, `"ttl": %w; expected a duration such as "30s"`, err)
	case ttl <= 0 || ttl > maxTTL:
		return 0, "", refuse(http.StatusBadRequest, `"ttl" is %v; expected more than 0 and at most %v, renewed as often as needed`, ttl, maxTTL)
	}
	return ttl, words(asked.Reason), nil
}

func (a *API) knownPolicy(name string) error {
	if !slices.ContainsFunc(a.Policies(), func(p Policy) bool { return p.Name == name }) {
		return refuse(http.StatusNotFound, "there is no FaultPolicy %q", name)
	}
	return nil
}

// refuseGrant translates why the table does not take a grant.
func refuseGrant(err error) error {
	if errors.Is(err, lease.ErrLate) { // it was recorded for longer than it lasts
		return Refuse(http.StatusServiceUnavailable, err)
	}
	return Refuse(http.StatusConflict, err)
}

func (a *API) deleteLease(_ http.ResponseWriter, r *http.Request) (answer, error) {
	policy := r.PathValue("policy")
	if err := a.knownPolicy(policy); err != nil {
		return answer{}, err
	}
	ended := a.Leases.End(policy, errors.New("a person ended the lease"))
	if ended {
		a.Log.InfoContext(r.Context(), "a person ended a lease", "policy", policy)
	}
	return ok(map[string]any{"policy": policy, "ended": ended})
}

func granted(policy, reason string, ttl time.Duration, at time.Time) journal.Event {
	text := "A person lets " + policy + " inject for " + ttl.String() + "."
	if reason != "" {
		text = "A person lets " + policy + " inject for " + ttl.String() + ": " + reason
	}
	return journal.Event{
		Kind: journal.KindLeaseGranted, Source: journal.SourcePerson, Subject: policy, At: at, Text: text,
		Data: data(map[string]string{"ttl": ttl.String(), "reason": reason}),
	}
}

// notGranted takes back a record of a grant the table refused after all.
func notGranted(policy string, why error) journal.Event {
	return journal.Event{
		Kind: journal.KindLeaseRevoked, Source: journal.SourcePoise, Subject: policy,
		Text: "The lease of " + policy + " never began: " + why.Error(),
	}
}

// append makes an event durable, within bounds.
func (a *API) append(ctx context.Context, e journal.Event) (journal.Event, error) {
	if a.Record == nil {
		return e, errors.New("this poise keeps no record; give it a directory with --data")
	}
	ctx, cancel := context.WithTimeout(ctx, maxRecording)
	defer cancel()
	return a.Record.Append(ctx, e)
}

// data returns what goes with an event, as JSON.
func data(m map[string]string) json.RawMessage {
	text, err := json.Marshal(m)
	if err != nil {
		return nil // a map of strings always has a JSON form
	}
	return text
}
