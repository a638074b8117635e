package verifier

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// reading is an answer of a watch, with the beat from before it was asked.
type reading struct {
	beat   time.Duration
	counts Counts
	err    error
}

// errSlow is a reading that takes too long. It may still come in later.
var errSlow = errors.New("reading takes too long")

// reader asks a watch for counts, one question at a time, and never waits for
// an answer longer than its limit: a source that hangs must not hang the run.
type reader struct {
	watch Watch
	beat  func() time.Duration
	limit time.Duration
	// asked is the question under way; nil: none.
	asked chan reading
}

// read returns counts, with the beat they may be renewed from. It ends early
// with the context.
func (r *reader) read(ctx context.Context) reading {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	if r.asked == nil {
		r.ask(ctx)
	}
	select {
	case answer := <-r.asked:
		r.asked = nil
		return answer
	case <-ctx.Done():
		return reading{err: fmt.Errorf("%w: %w", errSlow, context.Cause(ctx))}
	}
}

// ask puts the question in a goroutine of its own, which ends with the answer.
func (r *reader) ask(ctx context.Context) {
	asked := make(chan reading, 1)
	r.asked = asked
	beat := r.beat()
	go func() {
		counts, err := r.watch.Read(ctx)
		asked <- reading{beat: beat, counts: counts, err: err}
	}()
}

// close waits for a question under way, up to the limit, and ends the watch.
func (r *reader) close() {
	if r.asked != nil {
		patience := time.NewTimer(r.limit)
		defer patience.Stop()
		select {
		case <-r.asked:
		case <-patience.C:
		}
	}
	r.watch.Close()
}
