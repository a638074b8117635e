package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/poise-dev/poise/internal/journal"
)

const (
	// defaultEvents and maxEvents bound one page of the timeline.
	defaultEvents = 1000
	maxEvents     = 10_000
)

// Page is a part of the timeline, in the order things happened to be recorded.
type Page struct {
	Events []journal.Event `json:"events"`
	// Next is what `after` must be to read on; 0: there was nothing more.
	Next uint64 `json:"next,omitempty"`
}

func (a *API) timeline(_ http.ResponseWriter, r *http.Request) (answer, error) {
	query, err := a.query(r)
	if err != nil {
		return answer{}, err
	}
	return a.page(r, query)
}

func (a *API) runTimeline(_ http.ResponseWriter, r *http.Request) (answer, error) {
	query, err := a.query(r)
	if err != nil {
		return answer{}, err
	}
	run, err := a.find(r.Context(), r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	query.Run = run.ID
	return a.page(r, query)
}

// page reads one event more than it shows, to know whether there are more.
func (a *API) page(r *http.Request, q journal.Query) (answer, error) {
	limit := q.Limit
	q.Limit++
	events, err := journal.Collect(a.Verification.Timeline.Events(r.Context(), q))
	if err != nil {
		return answer{}, unreadable(err)
	}
	page := Page{Events: list(events)}
	if len(events) > limit {
		page.Events, page.Next = events[:limit], events[limit-1].Seq
	}
	return ok(page)
}

func (a *API) evidence(_ http.ResponseWriter, r *http.Request) (answer, error) {
	run, err := a.find(r.Context(), r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	ticks, err := journal.Collect(a.Verification.Timeline.Ticks(r.Context(), run.ID))
	if err != nil {
		return answer{}, unreadable(err)
	}
	return ok(map[string]any{"run": run.ID, "ticks": list(ticks)})
}

func unreadable(err error) error {
	return refuse(http.StatusServiceUnavailable, "the record cannot be read: %w", err)
}

// query reads since, until, run, after and limit.
func (a *API) query(r *http.Request) (journal.Query, error) {
	form := r.URL.Query()
	q := journal.Query{Run: form.Get("run"), Limit: defaultEvents}
	if q.Run == latest {
		run, err := a.find(r.Context(), latest)
		if err != nil {
			return q, err
		}
		q.Run = run.ID
	}
	var errs [4]error
	q.Since, errs[0] = instant(form, "since")
	q.Until, errs[1] = instant(form, "until")
	q.After, errs[2] = number(form, "after", 0, 1<<63)
	limit, err := number(form, "limit", defaultEvents, maxEvents)
	q.Limit, errs[3] = int(limit), err //nolint:gosec // at most maxEvents
	if err == nil && limit == 0 {
		errs[3] = errors.New("limit=0: expected at least 1")
	}
	if err := errors.Join(errs[:]...); err != nil {
		return q, Refuse(http.StatusBadRequest, err)
	}
	return q, nil
}

// instant reads a time: RFC 3339, or how long ago it was.
func instant(form url.Values, name string) (time.Time, error) {
	text := form.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return time.Now().Add(-ago), nil
	}
	return time.Time{}, refuse(http.StatusBadRequest, "%s=%s: expected RFC 3339 such as 2026-01-31T09:00:00Z, or how long ago, such as 2h", name, text)
}

// number reads a whole number up to most.
func number(form url.Values, name string, missing, most uint64) (uint64, error) {
	text := form.Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > most {
		return 0, refuse(http.StatusBadRequest, "%s=%s: expected a whole number up to %d", name, text, most)
	}
	return n, nil
}

// Note is something people or their tools add to the timeline.
type Note struct {
	// Kind is note, deploy or alert.
	Kind string `json:"kind"`
	// Text is one sentence.
	Text string `json:"text"`
	// At is when it happened. Zero: now.
	At time.Time `json:"at,omitzero"`
	// Source is who says so. Empty: a person.
	Source string `json:"source,omitempty"`
	// Subject is what it is about, such as the service that was deployed.
	Subject string `json:"subject,omitempty"`
	// Run it belongs to; empty: none.
	Run string `json:"run,omitempty"`
	// Data is anything else, as JSON.
	Data json.RawMessage `json:"data,omitempty"`
}

func (a *API) addToTimeline(w http.ResponseWriter, r *http.Request) (answer, error) {
	var n Note
	if err := readJSON(w, r, &n); err != nil {
		return answer{}, err
	}
	event, err := n.event()
	if err != nil {
		return answer{}, err
	}
	if n.Run != "" {
		run, err := a.find(r.Context(), n.Run)
		if err != nil {
			return answer{}, err
		}
		event.Run = run.ID
	}
	if event, err = a.append(r.Context(), event); err != nil {
		return answer{}, refuse(http.StatusServiceUnavailable, "cannot be recorded: %w", err)
	}
	return created(event)
}

// event checks the note and returns it as it is recorded. What poise itself
// says cannot be said by others.
func (n Note) event() (journal.Event, error) {
	kinds := []string{journal.KindNote, journal.KindDeploy, journal.KindAlert}
	ours := []string{journal.SourcePoise, journal.SourceVerifier, journal.SourceProxy}
	text, source := words(n.Text), words(n.Source)
	switch {
	case !slices.Contains(kinds, n.Kind):
		return journal.Event{}, refuse(http.StatusBadRequest, `"kind" is %q; expected note, deploy or alert`, n.Kind)
	case text == "":
		return journal.Event{}, refuse(http.StatusBadRequest, `"text" is missing; expected one sentence`)
	case slices.Contains(ours, source):
		return journal.Event{}, refuse(http.StatusBadRequest, `"source" is %q, which is poise itself`, source)
	case source == "":
		source = journal.SourcePerson
	}
	return journal.Event{Kind: n.Kind, Text: text, At: n.At, Source: source, Subject: words(n.Subject), Data: n.Data}, nil
}
