package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// beliefs is what the record knows of every hypothesis: a fold over its events,
// continued from where it stood whenever somebody asks.
type beliefs struct {
	record journal.Reader

	mu     sync.Mutex // guards all below
	after  uint64     // seq of the last event that was folded
	byName map[string]*belief
	byRun  map[string]string // belief, of runs that have not ended
	trials map[string]*past
}

// past is what is known of the runs of one verification.
type past struct {
	runs  int          // begun so far
	under bool         // the newest has not ended
	last  verifier.Run // the newest that has
	spent []spending   // of those that cost anything
}

// spending is what a run cost, in bad requests.
type spending struct {
	at  time.Time
	bad float64
}

// belief is what is known of one hypothesis.
type belief struct {
	newest string    // run
	upheld time.Time // when it last was
	// breach is the one nobody has acknowledged; empty: it is not quarantined.
	breach string
}

// acknowledged is the data of the note that ends a quarantine.
type acknowledged struct {
	Belief string `json:"acknowledged"`
	Reason string `json:"reason"`
}

// of returns what is known of a belief now.
func (b *beliefs) of(ctx context.Context, name string) (belief, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.read(ctx); err != nil {
		return belief{}, err
	}
	if known := b.byName[name]; known != nil {
		return *known, nil
	}
	return belief{}, nil
}

// runsOf returns what is known of the runs of a verification now.
func (b *beliefs) runsOf(ctx context.Context, verification string) (past, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.read(ctx); err != nil {
		return past{}, err
	}
	if known := b.trials[verification]; known != nil {
		return *known, nil
	}
	return past{}, nil
}

// read folds what was recorded since it was last called.
func (b *beliefs) read(ctx context.Context) error {
	kinds := []string{journal.KindRunStarted, journal.KindDecision, journal.KindRunEnded, journal.KindNote}
	for e, err := range b.record.Events(ctx, journal.Query{After: b.after, Kinds: kinds}) {
		if err != nil {
			return fmt.Errorf("the record cannot be read: %w", err)
		}
		b.fold(e)
		b.after = e.Seq
	}
	return nil
}

// fold takes one event in. Data that cannot be read says nothing.
func (b *beliefs) fold(e journal.Event) {
	switch e.Kind {
	case journal.KindRunStarted:
		var spec verifier.Spec
		if json.Unmarshal(e.Data, &spec) == nil {
			b.byRun[e.Run] = spec.Hypothesis
			b.named(spec.Hypothesis).newest = e.Run
			b.trial(spec.Verification).begin()
		}
	case journal.KindDecision:
		var d verifier.Decision
		// A breach of both arms alike is the system's own incident, and nothing that
		// the belief can be blamed for.
		if json.Unmarshal(e.Data, &d) == nil && d.Verdict == verifier.Breached && d.Attribution != verifier.AttributedShared {
			b.named(b.byRun[e.Run]).breach = d.Reason
		}
	case journal.KindRunEnded:
		var run verifier.Run
		if json.Unmarshal(e.Data, &run) == nil {
			b.trial(run.Verification).end(run)
			if run.Verdict == verifier.Upheld {
				b.named(b.byRun[e.Run]).upheld = run.DecidedAt
			}
		}
		delete(b.byRun, e.Run)
	case journal.KindNote:
		var ack acknowledged
		if json.Unmarshal(e.Data, &ack) == nil && b.byName[ack.Belief] != nil {
			b.byName[ack.Belief].breach = ""
		}
	}
}

func (b *beliefs) named(name string) *belief {
	if b.byName[name] == nil {
		b.byName[name] = &belief{}
	}
	return b.byName[name]
}

func (b *beliefs) trial(name string) *past {
	if b.trials[name] == nil {
		b.trials[name] = &past{}
	}
	return b.trials[name]
}

func (p *past) begin() {
	p.runs++
	p.under = true
}

func (p *past) end(run verifier.Run) {
	p.under, p.last = false, run
	if bad := run.Budget.Spent; bad > 0 {
		p.spent = append(p.spent, spending{run.EndedAt, bad})
	}
}

// Belief returns what the record knows of a belief, and its newest run.
func (r *Runs) Belief(ctx context.Context, name string) (api.Belief, error) {
	known, err := r.beliefs.of(ctx, name)
	if err != nil {
		return api.Belief{}, api.Refuse(http.StatusServiceUnavailable, err)
	}
	if known == (belief{}) && r.sidecar.Library.Set().Belief(name) == nil {
		return api.Belief{}, api.Refuse(http.StatusNotFound, fmt.Errorf("there is no Hypothesis %q", name))
	}
	shown := api.Belief{Name: name, UpheldAt: known.upheld, Quarantined: known.breach}
	if known.newest == "" {
		return shown, nil
	}
	run, err := r.Get(ctx, known.newest)
	if err != nil {
		return api.Belief{}, err
	}
	shown.Run = &run
	return shown, nil
}

// Acknowledge ends the quarantine of a belief, on a person's word.
func (r *Runs) Acknowledge(ctx context.Context, name, reason string) (api.Belief, error) {
	before, err := r.Belief(ctx, name)
	if err != nil || before.Quarantined == "" {
		return before, err
	}
	data, err := json.Marshal(acknowledged{name, reason})
	if err != nil {
		return before, err
	}
	_, err = r.sidecar.Append(ctx, journal.Event{
		At: time.Now(), Kind: journal.KindNote, Source: journal.SourcePerson, Subject: name, Data: data,
		Text: fmt.Sprintf("A person acknowledged that the belief %s was breached: %s.", name, reason),
	})
	if err != nil {
		return before, api.Refuse(http.StatusServiceUnavailable, fmt.Errorf("still quarantined, since it cannot be recorded: %w", err))
	}
	return r.Belief(ctx, name)
}

// ages returns how long ago every belief of the documents was upheld, and
// whether it ever was.
func (r *Runs) ages(ctx context.Context, now time.Time) (map[string]time.Duration, error) {
	ages := map[string]time.Duration{}
	for _, b := range r.sidecar.Library.Set().Beliefs() {
		known, err := r.beliefs.of(ctx, b.Name)
		if err != nil {
			return nil, err
		}
		if !known.upheld.IsZero() {
			ages[b.Name] = now.Sub(known.upheld)
		}
	}
	return ages, nil
}
