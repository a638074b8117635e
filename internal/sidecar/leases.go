package sidecar

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/lease"
)

// endedQueue bounds the ends of leases that wait to be recorded: about 100
// bytes each. Beyond it they are counted and told, not kept.
const endedQueue = 1024

// ended is the end of a lease, on its way to the record.
type ended struct {
	at          time.Time
	policy, run string
	cause       error
}

// leaseEnded is told by the table, and must not block.
func (s *Sidecar) leaseEnded(policy, run string, cause error) {
	select {
	case s.ended <- ended{time.Now(), policy, run, cause}:
	default:
		s.lost.Add(1)
	}
}

// recordEnds records ends of leases until ctx ends, and then what is left.
func (s *Sidecar) recordEnds(ctx context.Context) {
	for {
		select {
		case e := <-s.ended:
			s.recordEnd(e) //nolint:contextcheck // a note has its own deadline
		case <-ctx.Done():
			for len(s.ended) > 0 {
				s.recordEnd(<-s.ended) //nolint:contextcheck // a note has its own deadline
			}
			return
		}
	}
}

// recordEnd records the end of a lease. What a run gives back itself, the
// verifier records.
func (s *Sidecar) recordEnd(e ended) {
	if lost := s.lost.Swap(0); lost > 0 {
		s.o.Log.Warn("ends of leases were not recorded", "number", lost)
	}
	expired := errors.Is(e.cause, lease.ErrExpired)
	if s.o.Record == nil || (e.run != "" && !expired) {
		return
	}
	event := journal.Event{
		At: e.at, Kind: journal.KindLeaseRevoked, Source: journal.SourceProxy, Subject: e.policy, Run: e.run,
		Text: fmt.Sprintf("The lease of %s ended: %s.", e.policy, e.cause),
	}
	if expired {
		event.Kind = journal.KindLeaseExpired
		event.Text = fmt.Sprintf("Nobody renewed the lease of %s; its faults ended by themselves.", e.policy)
	}
	s.note(event)
}

// seconds is a duration in seconds; that of a standing lease is infinite.
func seconds(d time.Duration) float64 {
	if d == lease.Forever {
		return math.Inf(1)
	}
	return d.Seconds()
}
