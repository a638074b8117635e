// Package journaltest is what every store of the record promises, as tests: one
// suite that both stores pass.
package journaltest

import (
	"io"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/journal"
)

// Subject is a store under test.
type Subject struct {
	// Open opens the record in dir for writing, with the clock given.
	Open func(dir string, now func() time.Time) (journal.Store, error)
	// OpenReadOnly opens the record in dir for reading.
	OpenReadOnly func(dir string) (ReadCloser, error)
	// Tamper changes the closed record in dir as somebody with a shell might.
	Tamper func(t *testing.T, dir string, how Tampering)
}

// ReadCloser is a record opened for reading.
type ReadCloser interface {
	journal.Reader
	io.Closer
}

// Tampering is one change made behind the back of a store.
type Tampering struct {
	Edit   uint64    // give the event with this seq the text "changed"
	Delete uint64    // take the event with this seq away
	Swap   [2]uint64 // let two events change places
}

// Noon is where the clock of the suite stands.
func Noon() time.Time { return time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC) }

// Run holds the store to everything that needs no crash and no full disk.
func Run(t *testing.T, s Subject) {
	t.Helper()
	t.Run("events", s.events)
	t.Run("ticks", s.ticks)
	t.Run("writers", s.writers)
	t.Run("chain", s.chain)
}

func (s Subject) open(t *testing.T, dir string) journal.Store {
	t.Helper()
	store, err := s.Open(dir, Noon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func add(t *testing.T, store journal.Store, events ...journal.Event) []journal.Event {
	t.Helper()
	var sealed []journal.Event
	for _, e := range events {
		e, err := store.Append(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		sealed = append(sealed, e)
	}
	return sealed
}

func read(t *testing.T, r journal.Reader, q journal.Query) []journal.Event {
	t.Helper()
	events, err := journal.Collect(r.Events(t.Context(), q))
	if err != nil {
		t.Fatal(err)
	}
	return events
}
