package journal

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"sync"
)

// ErrClosed is returned by a store that was closed.
var ErrClosed = errors.New("the record is closed")

// Reopening is a Store that need not be usable yet: with a full disk poise
// starts, serves traffic and refuses leases. Until the record opens, every
// call tries to open it and returns the reason why it does not.
type Reopening struct {
	open func() (Store, error)

	mu     sync.Mutex
	store  Store
	closed bool
}

// NewReopening returns a Reopening over open, which it tries at once; see
// [Reopening.Ready] for the outcome.
func NewReopening(open func() (Store, error)) *Reopening {
	r := &Reopening{open: open}
	_ = r.Ready()
	return r
}

// Ready opens the record if need be, and returns why it cannot be used.
func (r *Reopening) Ready() error {
	_, err := r.get()
	return err
}

// Append implements [Writer].
func (r *Reopening) Append(ctx context.Context, e Event) (Event, error) {
	store, err := r.get()
	if err != nil {
		return Event{}, err
	}
	return store.Append(ctx, e)
}

// AppendTick implements [Writer].
func (r *Reopening) AppendTick(ctx context.Context, run string, seq int, data json.RawMessage) error {
	store, err := r.get()
	if err != nil {
		return err
	}
	return store.AppendTick(ctx, run, seq, data)
}

// Events implements [Reader].
func (r *Reopening) Events(ctx context.Context, q Query) iter.Seq2[Event, error] {
	store, err := r.get()
	if err != nil {
		return Failed[Event](err)
	}
	return store.Events(ctx, q)
}

// Ticks implements [Reader].
func (r *Reopening) Ticks(ctx context.Context, run string) iter.Seq2[json.RawMessage, error] {
	store, err := r.get()
	if err != nil {
		return Failed[json.RawMessage](err)
	}
	return store.Ticks(ctx, run)
}

// Close closes the record, if it was ever opened.
func (r *Reopening) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.store == nil {
		return nil
	}
	store := r.store
	r.store = nil
	return store.Close()
}

func (r *Reopening) get() (Store, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if r.store != nil {
		return r.store, nil
	}
	store, err := r.open()
	if err != nil {
		return nil, err
	}
	r.store = store
	return store, nil
}
