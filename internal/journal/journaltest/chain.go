package journaltest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/internal/journal"
)

func (s Subject) writers(t *testing.T) {
	t.Run("the directory is made, for its user alone", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "a", "b")
		s.open(t, dir)
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("mode %v, %v; want 0700", info.Mode().Perm(), err)
		}
	})

	t.Run("a second writer is told who is there", func(t *testing.T) {
		dir := t.TempDir()
		s.open(t, dir)
		_, err := s.Open(dir, Noon)
		wantCause(t, err, journal.CauseInUse)
	})

	t.Run("a reader reads beside the writer", func(t *testing.T) {
		dir := t.TempDir()
		store := s.open(t, dir)
		want := add(t, store, journal.Event{Kind: journal.KindStarted})
		reader, err := s.OpenReadOnly(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = reader.Close() }()
		want = append(want, add(t, store, journal.Event{Kind: journal.KindNote})...)
		if diff := cmp.Diff(want, read(t, reader, journal.Query{})); diff != "" {
			t.Errorf("read beside the writer (-want +got):\n%s", diff)
		}
	})

	t.Run("a reader of nothing makes nothing", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "none")
		_, err := s.OpenReadOnly(dir)
		wantCause(t, err, journal.CauseMissing)
		if _, err := os.Stat(dir); err == nil {
			t.Error("the directory was created")
		}
	})

	t.Run("a directory that is a file cannot be used", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.Open(path, Noon)
		wantCause(t, err, journal.CauseOther)
	})

	t.Run("many at once make one chain", func(t *testing.T) {
		store := s.open(t, t.TempDir())
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for j := range 5 {
					if _, err := store.Append(t.Context(), journal.Event{Kind: journal.KindNote, Text: fmt.Sprint(i, j)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if last, err := journal.Verify(store.Events(t.Context(), journal.Query{}), journal.Mark{}); err != nil || last.Seq != 40 {
			t.Errorf("verified up to %d: %v; want 40", last.Seq, err)
		}
	})
}

func (s Subject) chain(t *testing.T) {
	tests := []struct {
		name string
		how  Tampering
		seq  uint64
		want journal.Break
	}{
		{"an edited text is located", Tampering{Edit: 3}, 3, journal.Edited},
		{"a missing event is located", Tampering{Delete: 4}, 4, journal.Missing},
		{"a missing first event is located", Tampering{Delete: 1}, 1, journal.Missing},
		{"events that changed places are located", Tampering{Swap: [2]uint64{2, 5}}, 2, ""},
		{"a tail that was cut off shows to who remembers it", Tampering{Delete: 6}, 6, journal.Truncated},
		{"an untouched record verifies", Tampering{}, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			store := s.open(t, dir)
			for i := range 6 {
				add(t, store, journal.Event{Kind: journal.KindNote, Text: fmt.Sprint("note ", i)})
			}
			known := read(t, store, journal.Query{After: 5})[0].Mark()
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			s.Tamper(t, dir, tt.how)
			reader, err := s.OpenReadOnly(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = reader.Close() }()
			_, err = journal.Verify(reader.Events(t.Context(), journal.Query{}), known)
			broken, ok := errors.AsType[*journal.BrokenError](err)
			switch {
			case tt.seq == 0 && err != nil:
				t.Errorf("it does not verify: %v", err)
			case tt.seq != 0 && (!ok || broken.Seq != tt.seq || tt.want != "" && broken.Break != tt.want):
				t.Errorf("got %v, want event %d %s", err, tt.seq, tt.want)
			}
		})
	}
}

func wantCause(t *testing.T, err error, want journal.Cause) {
	t.Helper()
	unusable, ok := errors.AsType[*journal.UnusableError](err)
	if !ok || unusable.Cause != want {
		t.Fatalf("got %v, want an UnusableError because %s", err, want)
	}
	t.Log(err)
}
