package sidecar

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poise-dev/poise/internal/journal"
)

// recordTimeout bounds how long a note may wait for the disk.
const recordTimeout = 5 * time.Second

// Append makes an event durable. The first that succeeds reads the record for
// a halt that was never resumed: until that is known, nothing is recorded, and
// so nobody is granted a lease.
func (s *Sidecar) Append(ctx context.Context, e journal.Event) (journal.Event, error) {
	if err := s.restoreHalt(ctx); err != nil {
		return e, err
	}
	return s.o.Record.Append(ctx, e)
}

// Ready says why the record cannot be used, or nil.
func (s *Sidecar) Ready() error {
	if s.o.Record == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	return s.restoreHalt(ctx)
}

// restoreHalt keeps poise halted when the record says it was.
func (s *Sidecar) restoreHalt(ctx context.Context) error {
	if s.o.Record == nil {
		return errors.New("this poise keeps no record; give it a directory with --data")
	}
	s.restoring.Lock()
	defer s.restoring.Unlock()
	if s.restored {
		return nil
	}
	events, err := journal.Collect(s.o.Record.Events(ctx, journal.HaltQuery()))
	if err != nil {
		return fmt.Errorf("the record cannot be read: %w", err)
	}
	s.restored = true
	if halted, reason, since := journal.Halted(events); halted {
		s.Leases.Halt(errors.New(reason))
		s.o.Log.Warn("still halted; poise resume ends it", "reason", reason, "since", since)
	}
	return nil
}

// note records an event that nothing depends on; a failure is only told.
func (s *Sidecar) note(e journal.Event) {
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	if _, err := s.Append(ctx, e); err != nil {
		s.o.Log.Warn("not recorded", "kind", e.Kind, "error", err)
	}
}
