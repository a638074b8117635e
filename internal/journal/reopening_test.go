package journal_test

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"github.com/poise-dev/poise/internal/journal"
)

// memory is a store that forgets; only Append and Close are called.
type memory struct {
	journal.Store
	last   journal.Mark
	closed bool
}

func (m *memory) Append(_ context.Context, e journal.Event) (journal.Event, error) {
	e.At, e.KnownAt = noon(), noon()
	e, err := m.last.Seal(e)
	m.last = e.Mark()
	return e, err
}

func (m *memory) Close() error {
	m.closed = true
	return nil
}

func TestReopeningTriesAgainAtEachCall(t *testing.T) {
	store, tries := &memory{}, 0
	r := journal.NewReopening(func() (journal.Store, error) {
		if tries++; tries <= 3 {
			return nil, journal.Unusable("data", syscall.ENOSPC)
		}
		return store, nil
	})
	_, err := r.Append(t.Context(), journal.Event{Kind: journal.KindStarted})
	if unusable, ok := errors.AsType[*journal.UnusableError](err); !ok || unusable.Cause != journal.CauseFull || unusable.Hint() == "" {
		t.Errorf("while the disk is full: %v", err)
	}
	if _, err := journal.Collect(r.Events(t.Context(), journal.Query{})); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("reading while the disk is full: %v", err)
	}
	if _, err := r.Append(t.Context(), journal.Event{Kind: journal.KindStarted}); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if err := r.Ready(); err != nil || tries != 4 {
		t.Errorf("ready: %v after %d tries, want 4: an open record stays open", err, tries)
	}
	if err := r.Close(); err != nil || !store.closed {
		t.Errorf("close: %v", err)
	}
	if err := r.Ready(); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("after close: %v", err)
	}
}

func TestUnusableSaysWhy(t *testing.T) {
	tests := []struct {
		err  error
		want journal.Cause
	}{
		{&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, journal.CauseFull},
		{syscall.EDQUOT, journal.CauseFull},
		{syscall.EROFS, journal.CauseReadOnly},
		{syscall.EACCES, journal.CausePermission},
		{fs.ErrNotExist, journal.CauseMissing},
		{&journal.BrokenError{Seq: 3, Break: journal.Edited}, journal.CauseBroken},
		{errors.New("something else"), journal.CauseOther},
	}
	for _, tt := range tests {
		t.Run(string(tt.want), func(t *testing.T) {
			unusable, ok := errors.AsType[*journal.UnusableError](journal.Unusable("data", tt.err))
			if !ok || unusable.Cause != tt.want || !errors.Is(unusable, tt.err) {
				t.Errorf("%v is %v, want %s", tt.err, unusable, tt.want)
			}
		})
	}
	if err := journal.Unusable("data", nil); err != nil {
		t.Errorf("nil became %v", err)
	}
}
