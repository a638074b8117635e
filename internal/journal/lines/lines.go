package lines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/journal/datadir"
)

const (
	eventsName = "events.jsonl"
	ticksName  = "ticks.jsonl"
)

// Options are the settings of a Store.
type Options struct {
	// Now is the clock for events that come without a time; nil: time.Now.
	Now func() time.Time
}

// Store is a [journal.Store] in JSON lines.
type Store struct {
	Reader
	dir *datadir.Dir
	now func() time.Time

	mu     sync.Mutex
	events *file
	ticks  *file
	last   journal.Mark
	beaten map[string]int // seq of the last tick, by run
	closed bool
}

// Reader is a [journal.Reader] over a record that somebody else may be writing.
// What it yields has been verified; at the first broken line it ends with a
// [*journal.BrokenError].
type Reader struct{ place string }

// tick is a line of ticks.jsonl.
type tick struct {
	Run  string          `json:"run"`
	Seq  int             `json:"seq"`
	Data json.RawMessage `json:"data"`
}

// Open opens the record in dir for this process alone, and creates directory
// (mode 0700) and files when they are not there. It reads and verifies the whole
// record. Errors are [*journal.UnusableError]; the cause is CauseBroken when the
// chain is.
func Open(dir string, o Options) (*Store, error) {
	claim, err := datadir.Claim(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{Reader: Reader{place: dir}, dir: claim, now: o.Now, beaten: map[string]int{}}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.open(); err != nil {
		_ = s.Close()
		return nil, journal.Unusable(dir, err)
	}
	return s, nil
}

func (s *Store) open() (err error) {
	var chain journal.Checker
	s.events, err = openFile(s.dir.File(eventsName), func(line []byte) error {
		_, err := parse(line, &chain)
		return err
	})
	if err != nil {
		return err
	}
	s.last = chain.Mark()
	s.ticks, err = openFile(s.dir.File(ticksName), func(line []byte) error {
		t, err := parseTick(line)
		if err == nil {
			s.beaten[t.Run] = t.Seq
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.dir.Sync()
}

// OpenReadOnly opens the record in dir for reading, whether or not another
// process is writing it. Nothing is created or changed. Errors are
// [*journal.UnusableError]; the cause is CauseMissing where there is no record.
func OpenReadOnly(dir string) (*Reader, error) {
	if _, err := os.Stat(filepath.Join(dir, eventsName)); err != nil {
		return nil, journal.Unusable(dir, err)
	}
	return &Reader{place: dir}, nil
}

// Append implements [journal.Writer].
func (s *Store) Append(ctx context.Context, e journal.Event) (journal.Event, error) {
	now := s.now()
	if e.At.IsZero() {
		e.At = now
	}
	if e.KnownAt.IsZero() {
		e.KnownAt = now
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.writable(ctx); err != nil {
		return journal.Event{}, err
	}
	e, err := s.last.Seal(e)
	if err != nil {
		return journal.Event{}, err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return journal.Event{}, fmt.Errorf("record %s: %w", e.Kind, err)
	}
	if err := s.events.add(line); err != nil {
		return journal.Event{}, journal.Unusable(s.place, err)
	}
	s.last = e.Mark()
	return e, nil
}

// AppendTick implements [journal.Writer].
func (s *Store) AppendTick(ctx context.Context, run string, seq int, data json.RawMessage) error {
	line, err := json.Marshal(tick{Run: run, Seq: seq, Data: data})
	if err != nil || len(data) == 0 {
		return fmt.Errorf("record tick %d of run %s: not JSON", seq, run)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.writable(ctx); err != nil {
		return err
	}
	if last, ok := s.beaten[run]; ok && seq <= last {
		return fmt.Errorf("record tick %d of run %s: the last one was %d", seq, run, last)
	}
	if err := s.ticks.add(line); err != nil {
		return journal.Unusable(s.place, err)
	}
	s.beaten[run] = seq
	return nil
}

// Close closes the record and lets another process write it.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for _, f := range []*file{s.events, s.ticks} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(append(errs, s.dir.Release())...)
}

func (s *Store) writable(ctx context.Context) error {
	if s.closed {
		return journal.ErrClosed
	}
	return context.Cause(ctx)
}

// Events implements [journal.Reader].
func (r *Reader) Events(ctx context.Context, q journal.Query) iter.Seq2[journal.Event, error] {
	return func(yield func(journal.Event, error) bool) {
		var chain journal.Checker
		left := q.Limit
		err := r.each(ctx, eventsName, func(line []byte) error {
			e, err := parse(line, &chain)
			switch {
			case err != nil:
				return err
			case !q.Selects(e):
				return nil
			case !yield(e, nil):
				return errEnough
			}
			if left--; left == 0 {
				return errEnough
			}
			return nil
		})
		if err != nil {
			yield(journal.Event{}, err)
		}
	}
}

// Ticks implements [journal.Reader].
func (r *Reader) Ticks(ctx context.Context, run string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		err := r.each(ctx, ticksName, func(line []byte) error {
			t, err := parseTick(line)
			if err == nil && t.Run == run && !yield(t.Data, nil) {
				return errEnough
			}
			return err
		})
		if err != nil {
			yield(nil, err)
		}
	}
}

// Close does nothing: a Reader holds no file between reads.
func (r *Reader) Close() error { return nil }

// errEnough ends a reading early.
var errEnough = errors.New("enough")

// each gives take the whole lines of a file. A torn last line may be one that
// is being written right now: it is left out.
func (r *Reader) each(ctx context.Context, name string, take func(line []byte) error) error {
	f, err := os.Open(filepath.Join(r.place, name)) //nolint:gosec // the path is the user's own setting
	if err != nil {
		return journal.Unusable(r.place, err)
	}
	defer func() { _ = f.Close() }()
	_, _, err = scan(f, func(line []byte) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return take(line)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// parse reads a line as the next event of chain.
func parse(line []byte, chain *journal.Checker) (journal.Event, error) {
	var e journal.Event
	if err := json.Unmarshal(line, &e); err != nil {
		return e, broken(chain.Mark().Seq+1, err)
	}
	return e, chain.Next(e)
}

// parseTick reads a line of ticks.
func parseTick(line []byte) (tick, error) {
	var t tick
	if err := json.Unmarshal(line, &t); err != nil {
		return t, fmt.Errorf("%s: %w: %w", ticksName, errTorn, err)
	}
	return t, nil
}

// broken is a line that is no event: torn if it is the last, an edit otherwise.
func broken(seq uint64, err error) error {
	return fmt.Errorf("%w: %w", &journal.BrokenError{Seq: seq, Break: journal.Unreadable, Why: err.Error()}, errTorn)
}
