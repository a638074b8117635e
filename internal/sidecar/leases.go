package sidecar

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/lease"
)

// leaseEnded is told by the table, and must not block. What a run gives back
// itself, the verifier records.
func (s *Sidecar) leaseEnded(policy, run string, cause error) {
	expired := errors.Is(cause, lease.ErrExpired)
	if run != "" && !expired {
		return
	}
	e := journal.Event{
		At: time.Now(), Kind: journal.KindLeaseRevoked, Source: journal.SourceProxy, Subject: policy, Run: run,
		Text: fmt.Sprintf("The lease of %s ended: %s.", policy, cause),
	}
	if expired {
		e.Kind = journal.KindLeaseExpired
		e.Text = fmt.Sprintf("Nobody renewed the lease of %s; its faults ended by themselves.", policy)
	}
	s.Note(e)
}

// seconds is a duration in seconds; that of a standing lease is infinite.
func seconds(d time.Duration) float64 {
	if d == lease.Forever {
		return math.Inf(1)
	}
	return d.Seconds()
}
