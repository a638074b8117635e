package lines_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/journal/journaltest"
	"github.com/poise-dev/poise/internal/journal/lines"
)

func subject() journaltest.Subject {
	return journaltest.Subject{
		Open: func(dir string, now func() time.Time) (journal.Store, error) {
			store, err := lines.Open(dir, lines.Options{Now: now})
			if err != nil {
				return nil, err
			}
			return store, nil
		},
		OpenReadOnly: func(dir string) (journaltest.ReadCloser, error) { return lines.OpenReadOnly(dir) },
		Tamper:       tamper,
	}
}

func TestStore(t *testing.T) { journaltest.Run(t, subject()) }

func TestFullDisk(t *testing.T) { subject().Full(t) }

func TestCrash(t *testing.T) {
	if dir := os.Getenv(journaltest.CrashVariable); dir != "" {
		subject().Child(t, dir)
	}
	subject().Crash(t, "TestCrash")
}

func tamper(t *testing.T, dir string, how journaltest.Tampering) {
	t.Helper()
	rows := bytes.SplitAfter(contents(t, dir), []byte("\n"))
	if n := how.Edit; n > 0 {
		rows[n-1] = bytes.Replace(rows[n-1], []byte(`"text":"note`), []byte(`"text":"changed`), 1)
	}
	if a, b := how.Swap[0], how.Swap[1]; a > 0 {
		rows[a-1], rows[b-1] = rows[b-1], rows[a-1]
	}
	if n := how.Delete; n > 0 {
		rows[n-1] = nil
	}
	replace(t, dir, bytes.Join(rows, nil))
}

// record makes a record of n events in dir.
func record(t *testing.T, dir string, n int) {
	t.Helper()
	store, err := lines.Open(dir, lines.Options{Now: journaltest.Noon})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		if _, err := store.Append(t.Context(), journal.Event{Kind: journal.KindNote, Text: "note"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestATornLastLineIsSetAside(t *testing.T) {
	whole := t.TempDir()
	record(t, whole, 3)
	rows := bytes.SplitAfter(contents(t, whole), []byte("\n"))
	tests := []struct {
		name string
		tail []byte
	}{
		{"a line without its newline", bytes.TrimSuffix(rows[2], []byte("\n"))},
		{"half a line", rows[2][:40]},
		{"zeros where the line would have been", make([]byte, 200)},
		{"zeros inside a line", append(append(bytes.Clone(rows[2][:40]), make([]byte, 9)...), rows[2][49:]...)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			record(t, dir, 2)
			replace(t, dir, append(contents(t, dir), tt.tail...))
			record(t, dir, 1)
			reader, err := lines.OpenReadOnly(dir)
			if err != nil {
				t.Fatal(err)
			}
			last, err := journal.Verify(reader.Events(t.Context(), journal.Query{}), journal.Mark{})
			if err != nil || last.Seq != 3 {
				t.Errorf("the record verifies up to %d: %v; want 3", last.Seq, err)
			}
			aside, err := os.ReadFile(filepath.Join(dir, "events.jsonl.torn"))
			if err != nil || !bytes.Equal(bytes.TrimSpace(aside), bytes.TrimSpace(tt.tail)) {
				t.Errorf("set aside %q, %v; want %q", aside, err, tt.tail)
			}
		})
	}
}

func TestABrokenRecordIsNotWritten(t *testing.T) {
	dir := t.TempDir()
	record(t, dir, 3)
	tamper(t, dir, journaltest.Tampering{Edit: 2})
	before := contents(t, dir)
	if store, err := lines.Open(dir, lines.Options{}); err == nil {
		t.Error("it was opened", store.Close())
	} else {
		t.Log(err)
	}
	if !bytes.Equal(before, contents(t, dir)) {
		t.Error("it was changed")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"seq":1,"id":"e1","at":"2026-11-03T12:00:00Z","knownAt":"2026-11-03T12:00:00Z","source":"","kind":"note"` + "\n"))
	f.Add([]byte("null\n\x00\x00\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		record(t, dir, 1)
		replace(t, dir, append(contents(t, dir), data...))
		reader, err := lines.OpenReadOnly(dir)
		if err != nil {
			t.Fatal(err)
		}
		var chain journal.Checker
		for e, err := range reader.Events(t.Context(), journal.Query{}) {
			if err != nil {
				break
			}
			if err := chain.Next(e); err != nil {
				t.Fatalf("an event that does not verify was read: %v", err)
			}
		}
		if chain.Mark().Seq == 0 {
			t.Error("the event before the bytes was lost")
		}
		store, err := lines.Open(dir, lines.Options{Now: journaltest.Noon})
		if err != nil {
			return
		}
		defer func() { _ = store.Close() }()
		if _, err := store.Append(t.Context(), journal.Event{Kind: journal.KindNote}); err != nil {
			t.Fatal(err)
		}
		if _, err := journal.Verify(store.Events(t.Context(), journal.Query{}), journal.Mark{}); err != nil {
			t.Errorf("it was opened for writing and does not verify: %v", err)
		}
	})
}

func BenchmarkAppend(b *testing.B) { subject().Benchmark(b) }

func contents(t *testing.T, dir string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func replace(t *testing.T, dir string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "events.jsonl"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}
