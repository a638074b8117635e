package journal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/internal/journal"
)

func noon() time.Time { return time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC) }

// chained returns n events of one chain.
func chained(t *testing.T, n int) []journal.Event {
	t.Helper()
	var (
		events []journal.Event
		last   journal.Mark
	)
	for i := range n {
		e, err := last.Seal(journal.Event{
			At: noon(), KnownAt: noon().Add(time.Second), Source: journal.SourcePerson, Kind: journal.KindNote, Subject: "s", Run: "r",
			Text: fmt.Sprint("note ", i), Data: json.RawMessage(`{"n":1}`), Because: []string{"e1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		events, last = append(events, e), e.Mark()
	}
	return events
}

func all(events []journal.Event) iter.Seq2[journal.Event, error] {
	return func(yield func(journal.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func TestVerifyLocatesEveryEdit(t *testing.T) {
	edits := map[string]func(*journal.Event){
		"id":      func(e *journal.Event) { e.ID = "e7" },
		"at":      func(e *journal.Event) { e.At = e.At.Add(1) },
		"knownAt": func(e *journal.Event) { e.KnownAt = e.KnownAt.Add(1) },
		"source":  func(e *journal.Event) { e.Source = "x" },
		"kind":    func(e *journal.Event) { e.Kind = "x" },
		"subject": func(e *journal.Event) { e.Subject = "x" },
		"run":     func(e *journal.Event) { e.Run = "x" },
		"text":    func(e *journal.Event) { e.Text = "x" },
		"data":    func(e *journal.Event) { e.Data = json.RawMessage(`{"n":2}`) },
		"because": func(e *journal.Event) { e.Because = []string{"e1", "e2"} },
		"a part moved into the next": func(e *journal.Event) {
			e.Source, e.Kind = e.Source+e.Kind[:1], e.Kind[1:]
		},
		"text with the digest of another": func(e *journal.Event) {
			e.TextDigest, _ = e.Digests()
			e.Text = "x"
		},
		"data that is not JSON": func(e *journal.Event) { e.Data = json.RawMessage(`{`) },
	}
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			events := chained(t, 4)
			edit(&events[2])
			last, err := journal.Verify(all(events), journal.Mark{})
			want := &journal.BrokenError{Seq: 3, Break: journal.Edited, Why: "it does not match its hash"}
			if got, ok := errors.AsType[*journal.BrokenError](err); !ok || *got != *want || last.Seq != 2 {
				t.Errorf("verified up to %d: %v; want %v", last.Seq, err, want)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	whole := chained(t, 5)
	other := slices.Clone(whole)
	other[2].Text = "changed"
	other[2], _ = other[1].Mark().Seal(other[2])
	tests := []struct {
		name   string
		events []journal.Event
		known  journal.Mark
		seq    uint64
		want   journal.Break
	}{
		{"a whole chain", whole, whole[4].Mark(), 0, ""},
		{"no events at all", nil, journal.Mark{}, 0, ""},
		{"an event hashed anew is located by the next one", other, journal.Mark{}, 3, journal.Replaced},
		{"a last event hashed anew shows to who knows its hash", other[:3], whole[2].Mark(), 3, journal.Replaced},
		{"a gap", slices.Delete(slices.Clone(whole), 1, 3), journal.Mark{}, 2, journal.Missing},
		{"a missing beginning", whole[1:], journal.Mark{}, 1, journal.Missing},
		{"an event told twice", slices.Insert(slices.Clone(whole), 2, whole[1]), journal.Mark{}, 2, journal.Reordered},
		{"an end cut off, to nobody's knowledge", whole[:3], journal.Mark{}, 0, ""},
		{"an end cut off that somebody knew", whole[:3], whole[4].Mark(), 4, journal.Truncated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := journal.Verify(all(tt.events), tt.known)
			broken, ok := errors.AsType[*journal.BrokenError](err)
			if tt.seq == 0 && err != nil || tt.seq != 0 && (!ok || broken.Seq != tt.seq || broken.Break != tt.want) {
				t.Errorf("got %v, want event %d %s", err, tt.seq, tt.want)
			}
		})
	}
}

func TestAChainOutlivesItsWords(t *testing.T) {
	events := chained(t, 3)
	e := &events[1]
	e.TextDigest, e.DataDigest = e.Digests()
	e.Text, e.Data = "", nil
	if _, err := journal.Verify(all(events), events[2].Mark()); err != nil {
		t.Errorf("with text and data of one event deleted: %v", err)
	}
}

func TestEventJSON(t *testing.T) {
	e, err := journal.Mark{}.Seal(journal.Event{At: noon(), KnownAt: noon(), Source: journal.SourcePoise, Kind: journal.KindStarted, Text: "poise started"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(e, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "seq": 1,
 "id": "e1",
 "at": "2026-11-03T12:00:00Z",
 "knownAt": "2026-11-03T12:00:00Z",
 "source": "poise",
 "kind": "started",
 "subject": "",
 "run": "",
 "text": "poise started",
 "data": null,
 "because": [],
 "prevHash": "",
 "hash": "HASH"
}`
	if diff := cmp.Diff(strings.Replace(want, "HASH", e.Hash, 1), string(text)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	var back journal.Event
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Errorf("an event read from its JSON (-want +got):\n%s", diff)
	}
}

// FuzzSeal checks that what is sealed verifies after being written as JSON and
// read again, whatever people wrote.
func FuzzSeal(f *testing.F) {
	f.Add("text", []byte(`{"a": "<b>\u2028"}`), "e1", int64(0))
	f.Add("\xff\xfe", []byte("\"\xff\""), "\x00", int64(-1))
	f.Fuzz(func(t *testing.T, text string, data []byte, because string, nanos int64) {
		e, err := journal.Mark{}.Seal(journal.Event{
			At: time.Unix(0, nanos), KnownAt: noon(), Kind: journal.KindNote, Source: text, Subject: text, Run: text,
			Text: text, Data: data, Because: []string{because},
		})
		if err != nil {
			return
		}
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back journal.Event
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatal(err)
		}
		if _, err := journal.Verify(all([]journal.Event{back}), e.Mark()); err != nil {
			t.Errorf("%v\n%s", err, line)
		}
	})
}
