package journal

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"time"
)

// Writer adds to a record.
type Writer interface {
	// Append seals e as the next event and returns it once it is durable. At and
	// KnownAt default to now. On an error nothing is promised to be recorded, and
	// a later Append may succeed; errors of the place are [*UnusableError].
	Append(ctx context.Context, e Event) (Event, error)
	// AppendTick keeps the counts of one judgement of a run, as JSON, and returns
	// once they are durable. The seq of a run's ticks must rise.
	AppendTick(ctx context.Context, run string, seq int, data json.RawMessage) error
}

// Reader reads a record, in the order it was written.
type Reader interface {
	// Events yields the events that q asks for. An error ends the iteration.
	Events(ctx context.Context, q Query) iter.Seq2[Event, error]
	// Ticks yields the ticks of a run. An error ends the iteration.
	Ticks(ctx context.Context, run string) iter.Seq2[json.RawMessage, error]
}

// Store is a record that one process writes.
type Store interface {
	Reader
	Writer
	io.Closer
}

// Query selects events. Zero fields select everything.
type Query struct {
	After uint64    // only events with a higher seq
	Since time.Time // only events that happened then or later
	Until time.Time // only events that happened before
	Run   string
	Kinds []string
	Limit int // at most so many, the earliest first
}

// Selects tells whether e is among the events q asks for. Limit is left to who
// counts.
func (q Query) Selects(e Event) bool {
	return e.Seq > q.After &&
		(q.Since.IsZero() || !e.At.Before(q.Since)) &&
		(q.Until.IsZero() || e.At.Before(q.Until)) &&
		(q.Run == "" || e.Run == q.Run) &&
		(len(q.Kinds) == 0 || slices.Contains(q.Kinds, e.Kind))
}

// Collect returns what seq yields, or its error.
func Collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// Failed is a sequence that yields err and nothing else.
func Failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		yield(zero, err)
	}
}
