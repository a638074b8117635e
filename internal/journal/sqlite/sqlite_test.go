package sqlite_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/journal/journaltest"
	"github.com/poise-dev/poise/internal/journal/sqlite"
)

func subject() journaltest.Subject {
	return journaltest.Subject{
		Open: func(dir string, now func() time.Time) (journal.Store, error) {
			store, err := sqlite.Open(dir, sqlite.Options{Now: now})
			if err != nil {
				return nil, err
			}
			return store, nil
		},
		OpenReadOnly: func(dir string) (journaltest.ReadCloser, error) { return sqlite.OpenReadOnly(dir) },
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

func BenchmarkAppend(b *testing.B) { subject().Benchmark(b) }

// raw opens the file behind the store's back.
func raw(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "poise.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func tamper(t *testing.T, dir string, how journaltest.Tampering) {
	t.Helper()
	db := raw(t, dir)
	do := func(query string, args ...any) {
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	for _, trigger := range []string{"events_stay", "events_last", "bodies_stay"} {
		do("DROP TRIGGER " + trigger)
	}
	if how.Edit > 0 {
		do("UPDATE bodies SET text = 'changed' WHERE seq = ?", how.Edit)
	}
	if how.Delete > 0 {
		do("DELETE FROM bodies WHERE seq = ?", how.Delete)
		do("DELETE FROM events WHERE seq = ?", how.Delete)
	}
	if a, b := how.Swap[0], how.Swap[1]; a > 0 {
		for _, table := range []string{"bodies", "events"} {
			do("UPDATE "+table+" SET seq = -1 WHERE seq = ?", a)
			do("UPDATE "+table+" SET seq = ? WHERE seq = ?", a, b)
			do("UPDATE "+table+" SET seq = ? WHERE seq = -1", b)
		}
	}
}

func open(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(dir, sqlite.Options{Now: journaltest.Noon})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func TestHeadsAndTicksCannotBeChanged(t *testing.T) {
	dir := t.TempDir()
	store := open(t, dir)
	if _, err := store.Append(t.Context(), journal.Event{Kind: journal.KindNote, Text: "a note"}); err != nil {
		t.Fatal(err)
	}
	if err := store.AppendTick(t.Context(), "r", 1, json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{
		"UPDATE events SET kind = 'x'", "DELETE FROM events", "UPDATE bodies SET text = 'x'",
		"UPDATE ticks SET data = '{}'", "DELETE FROM ticks",
	} {
		if _, err := raw(t, dir).Exec(change); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v, want it refused", change, err)
		}
	}
}

func TestRedact(t *testing.T) {
	dir := t.TempDir()
	store := open(t, dir)
	for _, text := range []string{"before", "the name of somebody", "after"} {
		if _, err := store.Append(t.Context(), journal.Event{Kind: journal.KindNote, Text: text, Data: json.RawMessage(`{"by":"somebody"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Redact(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	events, err := journal.Collect(store.Events(t.Context(), journal.Query{}))
	if err != nil {
		t.Fatal(err)
	}
	if e := events[1]; e.Text != "" || e.Data != nil || e.TextDigest == "" || e.DataDigest == "" {
		t.Errorf("the redacted event is %+v", e)
	}
	if last, err := journal.Verify(store.Events(t.Context(), journal.Query{}), events[2].Mark()); err != nil {
		t.Errorf("the chain verifies up to %d: %v", last.Seq, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"poise.db", "poise.db-wal"} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil && strings.Contains(string(data), "the name of somebody") {
			t.Errorf("%s still holds what was deleted", name)
		}
	}
}

func TestAFileThatIsNoRecord(t *testing.T) {
	tests := []struct {
		name  string
		write func(t *testing.T, dir string)
	}{
		{"a text file is not opened", func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, "poise.db"), []byte(strings.Repeat("hello ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"a record of a newer poise is not opened", func(t *testing.T, dir string) {
			t.Helper()
			if _, err := raw(t, dir).Exec("PRAGMA user_version = 99"); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tt.write(t, dir)
			_, err := sqlite.Open(dir, sqlite.Options{})
			if err == nil || !strings.Contains(err.Error(), string(journal.CauseForeign)) {
				t.Errorf("open: %v", err)
			}
			_, err = sqlite.OpenReadOnly(dir)
			if err == nil || !strings.Contains(err.Error(), string(journal.CauseForeign)) {
				t.Errorf("open for reading: %v", err)
			}
		})
	}
}
