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
	e, err := s.o.Record.Append(ctx, e)
	s.restoring.Lock()
	defer s.restoring.Unlock()
	s.recordFailed = err
	return e, err
}

// Refuses says why no lease is granted, or nil: the record cannot be read, or
// what was to be recorded last could not be. Traffic flows all the same.
func (s *Sidecar) Refuses() error {
	if s.o.Record == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	if err := s.restoreHalt(ctx); err != nil {
		return err
	}
	s.restoring.Lock()
	defer s.restoring.Unlock()
	return s.recordFailed
}

// knowsHalt says whether the record could be asked for a halt.
func (s *Sidecar) knowsHalt() bool {
	s.restoring.Lock()
	defer s.restoring.Unlock()
	return s.restored
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

// write records an event that nothing depends on; a failure is only told.
func (s *Sidecar) write(e journal.Event) {
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	if lost := s.lost.Swap(0); lost > 0 {
		s.o.Log.Warn("notes were not recorded", "number", lost)
	}
	if _, err := s.Append(ctx, e); err != nil {
		s.o.Log.Warn("not recorded", "kind", e.Kind, "error", err)
	}
}

// maxNotes bounds the notes that wait to be recorded: about 300 bytes each.
// Beyond it they are counted and told, not kept.
const maxNotes = 1024

// Note records an event that nothing depends on, without waiting.
func (s *Sidecar) Note(e journal.Event) {
	if s.o.Record == nil {
		return
	}
	select {
	case s.notes <- e:
	default:
		s.lost.Add(1)
	}
}

// recordNotes records what is noted until ctx ends, and then what is left.
func (s *Sidecar) recordNotes(ctx context.Context) {
	for {
		select {
		case e := <-s.notes:
			s.write(e) //nolint:contextcheck // a note has its own deadline
		case <-ctx.Done():
			for len(s.notes) > 0 {
				s.write(<-s.notes) //nolint:contextcheck // a note has its own deadline
			}
			return
		}
	}
}
