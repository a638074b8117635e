package journaltest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/internal/journal"
)

func (s Subject) events(t *testing.T) {
	t.Run("what was appended comes back, sealed, also after reopening", func(t *testing.T) {
		dir := t.TempDir()
		store := s.open(t, dir)
		written := add(
			t, store,
			journal.Event{Kind: journal.KindStarted},
			journal.Event{
				At: Noon().Add(-7 * time.Minute).In(time.FixedZone("", 3600)), KnownAt: Noon(), Source: journal.SourcePerson, Kind: journal.KindNote,
				Subject: "checkout", Run: "r1", Text: "I thought <it> was the \"deploy\"\n\xff & ☕\u2028", Data: json.RawMessage(`{ "felt": "<calm>", "n": 1.50 }`), Because: []string{"e1"},
			},
		)
		want := journal.Event{
			Seq: 2, ID: "e2", At: Noon().Add(-7 * time.Minute), KnownAt: Noon(), Source: "person", Kind: "note", Subject: "checkout", Run: "r1",
			Text: "I thought <it> was the \"deploy\"\n\ufffd & ☕\u2028", Data: json.RawMessage(`{"felt":"\u003ccalm\u003e","n":1.50}`), Because: []string{"e1"},
			PrevHash: written[0].Hash, Hash: written[1].Hash,
		}
		if diff := cmp.Diff(want, written[1]); diff != "" {
			t.Errorf("appended (-want +got):\n%s", diff)
		}
		if written[0].At != Noon() || written[0].KnownAt != Noon() {
			t.Errorf("an event without times got %v and %v, want the clock's", written[0].At, written[0].KnownAt)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(written, read(t, s.open(t, dir), journal.Query{})); diff != "" {
			t.Errorf("read after reopening (-want +got):\n%s", diff)
		}
	})

	t.Run("what cannot be recorded is refused and leaves no trace", func(t *testing.T) {
		store := s.open(t, t.TempDir())
		for _, e := range []journal.Event{
			{Text: "no kind"},
			{Kind: journal.KindNote, Data: json.RawMessage(`{"cut`)},
			{Kind: journal.KindNote, At: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)},
		} {
			if _, err := store.Append(t.Context(), e); err == nil {
				t.Errorf("%+v was accepted", e)
			}
		}
		if e := add(t, store, journal.Event{Kind: journal.KindNote})[0]; e.Seq != 1 {
			t.Errorf("the first accepted event has seq %d", e.Seq)
		}
	})

	t.Run("queries", s.queries)
}

func (s Subject) queries(t *testing.T) {
	store := s.open(t, t.TempDir())
	for i := range 20 {
		e := journal.Event{At: Noon().Add(time.Duration(i) * time.Second), Kind: journal.KindNote}
		if i%2 == 1 {
			e.Kind, e.Run = journal.KindAlert, fmt.Sprintf("r%d", i%4)
		}
		add(t, store, e)
	}
	tests := []struct {
		name string
		q    journal.Query
		want []uint64
	}{
		{"everything after a place", journal.Query{After: 18}, []uint64{19, 20}},
		{"from the start, so many", journal.Query{Limit: 2}, []uint64{1, 2}},
		{"since includes the instant, until does not", journal.Query{Since: Noon().Add(3 * time.Second), Until: Noon().Add(5 * time.Second)}, []uint64{4, 5}},
		{"instants in another zone are the same instants", journal.Query{Since: Noon().Add(19 * time.Second).In(time.FixedZone("", -7200))}, []uint64{20}},
		{"of one run", journal.Query{Run: "r1", After: 10}, []uint64{14, 18}},
		{"of some kinds", journal.Query{Kinds: []string{journal.KindNote, journal.KindHalt}, Limit: 3}, []uint64{1, 3, 5}},
		{"nothing", journal.Query{After: 20}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []uint64
			for _, e := range read(t, store, tt.q) {
				got = append(got, e.Seq)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("seqs (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a reader may leave early", func(t *testing.T) {
		for e, err := range store.Events(t.Context(), journal.Query{}) {
			if err != nil || e.Seq != 1 {
				t.Fatal(e.Seq, err)
			}
			break
		}
	})
}

func (s Subject) ticks(t *testing.T) {
	dir := t.TempDir()
	store := s.open(t, dir)
	// More than a page, so that paging shows.
	for i := range 600 {
		for _, run := range []string{"a", "b"} {
			if err := store.AppendTick(t.Context(), run, i, fmt.Appendf(nil, `{"run":%q,"i":%d}`, run, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := store.AppendTick(t.Context(), "a", 599, json.RawMessage(`{}`)); err == nil {
		t.Error("a tick was recorded twice")
	}
	if err := store.AppendTick(t.Context(), "a", 600, json.RawMessage(`{`)); err == nil {
		t.Error("a tick that is not JSON was recorded")
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = s.open(t, dir)
	if err := store.AppendTick(t.Context(), "a", 599, json.RawMessage(`{}`)); err == nil {
		t.Error("a tick was recorded twice, the second time after reopening")
	}
	ticks, err := journal.Collect(store.Ticks(t.Context(), "b"))
	if err != nil || len(ticks) != 600 {
		t.Fatalf("%d ticks, %v; want 600", len(ticks), err)
	}
	for i, data := range ticks {
		if want := fmt.Sprintf(`{"run":"b","i":%d}`, i); string(data) != want {
			t.Fatalf("tick %d is %s, want %s", i, data, want)
		}
	}
}
