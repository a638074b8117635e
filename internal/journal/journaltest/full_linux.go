package journaltest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/poise-dev/poise/internal/journal"
)

// Full runs the store on file systems that are full or read-only. It needs root
// to mount small ones, and skips without.
func (s Subject) Full(t *testing.T) {
	t.Helper()
	t.Run("a disk that fills up refuses events, keeps what it has, and goes on when there is room", func(t *testing.T) {
		dir := mount(t)
		store := s.open(t, dir)
		kept := add(t, store, journal.Event{Kind: journal.KindStarted})
		free := fill(t, dir)
		var err error
		for range 2000 { // what the store had reserved is used up first
			var e journal.Event
			if e, err = store.Append(t.Context(), journal.Event{Kind: journal.KindNote, Text: strings.Repeat("long ", 400)}); err != nil {
				break
			}
			kept = append(kept, e)
		}
		wantCause(t, err, journal.CauseFull)
		_, err = store.Append(t.Context(), journal.Event{Kind: journal.KindNote, Text: strings.Repeat("long ", 400)})
		wantCause(t, err, journal.CauseFull)
		if got := read(t, store, journal.Query{}); len(got) != len(kept) {
			t.Errorf("%d events are there while the disk is full, want the %d acknowledged", len(got), len(kept))
		}
		free()
		kept = append(kept, add(t, store, journal.Event{Kind: journal.KindNote, Text: "room again"})...)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		last, err := journal.Verify(s.open(t, dir).Events(t.Context(), journal.Query{}), journal.Mark{})
		if want := kept[len(kept)-1].Mark(); err != nil || last != want {
			t.Errorf("after reopening the chain ends at %v, %v; want %v", last, err, want)
		}
	})

	t.Run("a record on a full disk is made as soon as there is room", func(t *testing.T) {
		dir := mount(t)
		free := fill(t, dir)
		store := journal.NewReopening(func() (journal.Store, error) { return s.Open(filepath.Join(dir, "data"), Noon) })
		defer func() { _ = store.Close() }()
		_, err := store.Append(t.Context(), journal.Event{Kind: journal.KindNote})
		wantCause(t, err, journal.CauseFull)
		free()
		add(t, store, journal.Event{Kind: journal.KindNote})
		if err := store.Ready(); err != nil {
			t.Error(err)
		}
	})

	t.Run("a read-only file system is told, and read", func(t *testing.T) {
		dir := mount(t)
		store := s.open(t, dir)
		want := add(t, store, journal.Event{Kind: journal.KindStarted})
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		_, err := s.Open(dir, Noon)
		wantCause(t, err, journal.CauseReadOnly)
		reader, err := s.OpenReadOnly(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = reader.Close() }()
		if got := read(t, reader, journal.Query{}); len(got) != 1 || got[0].Hash != want[0].Hash {
			t.Errorf("read %v, want %v", got, want)
		}
	})
}

// mount mounts an empty file system of 1 MiB for the test.
func mount(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m,mode=0700")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skip("mounting a small file system to fill it needs root")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill uses up all the room in dir and returns what gives it back.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.Create(name) //nolint:gosec // a file of the test's own directory
	if err != nil {
		t.Fatal(err)
	}
	for size := 64 << 10; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(fmt.Errorf("fill the disk: %w", err))
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}
