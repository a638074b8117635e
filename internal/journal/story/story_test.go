package story_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/journal/story"
	"github.com/poise-dev/poise/verifier"
)

var update = flag.Bool("update", false, "write the golden files")

func tally(requests, bad uint64) verifier.Tally { return verifier.Tally{Requests: requests, Bad: bad} }

// every returns 1 in each n-th second, 0 otherwise.
func every(n, i int) uint64 {
	if i%n == n-1 {
		return 1
	}
	return 0
}

func scenarios() []scenario {
	calm := func(i int) (verifier.Tally, verifier.Tally) { return tally(6, 0), tally(114, every(10, i)) }
	return []scenario{
		{
			name: "breached with collateral", spec: slowPayment(), baseline: 30, before: tally(3600, 3), inject: 41, decided: 41 * time.Second, released: 3,
			second: func(i int) (verifier.Tally, verifier.Tally) {
				switch {
				case i < 29:
					return calm(i)
				case i < 32:
					return tally(9, 1), tally(176, 0)
				default:
					return tally(9, 2), tally(176, 5)
				}
			},
			settle:  func(i int) verifier.Tally { return tally(185, uint64(max(0, 6-i))) },
			recover: 6200 * time.Millisecond,
			end: func(r *verifier.Run) {
				r.Verdict, r.Attribution, r.Reason = verifier.Breached, "fault", "Latency is below 99% over all requests."
				r.Guards = []verifier.Guard{
					{Objective: "availability", Guard: "global", Evidence: 0.4, Requests: 5700, Bad: 23, Interval: [2]float64{0.002, 0.008}},
					{Objective: "latency", Guard: "global", Evidence: 71, Requests: 5700, Bad: 71, Interval: [2]float64{0.009, 0.018}},
					{Objective: "latency", Guard: "fault-arm", Evidence: 1240, Requests: 282, Bad: 21, Interval: [2]float64{0.035, 0.132}},
				}
			},
			people: func(start, first time.Time) []journal.Event {
				return []journal.Event{
					{At: start.Add(-4 * time.Minute), Kind: journal.KindDeploy, Source: journal.SourcePerson, Text: "checkout 4.12"},
					{At: first.Add(7 * time.Minute), Kind: journal.KindNote, Source: journal.SourcePerson, Text: "Latency jumped. I suspect the 13:58 deploy.", Data: json.RawMessage(`{"by":"ana"}`)},
					{At: first.Add(28 * time.Second), KnownAt: first.Add(78 * time.Minute), Kind: journal.KindNote, Source: journal.SourcePerson, Text: "Marketing pushed to 40 000 phones, obviously without telling us."},
				}
			},
		},
		{
			name: "breached in the fault arm only", spec: slowPayment(), baseline: 30, before: tally(3600, 3), inject: 18, decided: 17_750 * time.Millisecond,
			second: func(i int) (verifier.Tally, verifier.Tally) {
				if i < 3 {
					return calm(i)
				}
				return tally(6, 1+every(3, i)), tally(114, every(10, i))
			},
			settle: func(int) verifier.Tally { return tally(120, 0) }, recover: 21 * time.Second,
			end: func(r *verifier.Run) {
				r.Verdict, r.Attribution, r.Reason = verifier.Breached, "fault", "Faulted requests broke latency."
				r.Guards = []verifier.Guard{{Objective: "latency", Guard: "fault-arm", Evidence: 3.2e7, Requests: 102, Bad: 18, Interval: [2]float64{0.08, 0.31}}}
			},
		},
		{
			name: "upheld", spec: slowPayment(), baseline: 30, before: tally(3600, 3), inject: 150, decided: 150 * time.Second, second: calm,
			end: func(r *verifier.Run) {
				r.Verdict, r.Reason = verifier.Upheld, "availability: 0 of 900 faulted requests were bad (0%); 0.5% is tolerated; and latency: 0 of 900 faulted requests were bad (0%); 1% is tolerated. Evidence for the belief reached 1/beta = 20 after 150.0 s of faults."
				r.Guards = []verifier.Guard{{Objective: "latency", Guard: "fault-arm", Evidence: 0.0002, Requests: 900, Bad: 0, Interval: [2]float64{0, 0.007}}}
			},
		},
		{
			name: "inconclusive", spec: slowPayment(), lost: 40, baseline: 30, before: tally(90, 0), inject: 300, decided: 300 * time.Second,
			second: func(i int) (verifier.Tally, verifier.Tally) {
				if i == 200 {
					return tally(1, 1), tally(2, 0)
				}
				return tally(every(2, i), 0), tally(3, 0)
			},
			end: func(r *verifier.Run) {
				r.Verdict, r.Reason = verifier.Inconclusive, "Time ended before the evidence did."
				r.Guards = []verifier.Guard{{Objective: "latency", Guard: "fault-arm", Evidence: 0.6, Requests: 151, Bad: 1, Interval: [2]float64{0, 0.046}}}
			},
		},
		{
			name: "not exercised", spec: slowPayment(), baseline: 30, before: tally(0, 0), inject: 0,
			end: func(r *verifier.Run) {
				r.Verdict, r.Reason = verifier.NotExercised, "No request came in the baseline."
			},
		},
		{
			name: "not exercised for want of faults", spec: slowPayment(), baseline: 30, before: tally(3600, 3), inject: 60, decided: 60 * time.Second, held: map[string]uint64{"max-concurrent": 6700},
			second:   func(int) (verifier.Tally, verifier.Tally) { return tally(1, 0), tally(19, 0) },
			delivers: func(uint64) uint64 { return 0 },
			end: func(r *verifier.Run) {
				r.Verdict, r.Reason = verifier.NotExercised, "The fault never arrived."
			},
		},
		{
			name: "stopped by a person", spec: slowPayment(), baseline: 30, before: tally(3600, 3), inject: 12, decided: 12 * time.Second, second: calm,
			end: func(r *verifier.Run) {
				r.Verdict, r.StopReason, r.Reason = verifier.Stopped, "operator", "A person stopped the run."
				r.Guards = []verifier.Guard{{Objective: "latency", Guard: "fault-arm", Evidence: 0.9, Requests: 72, Bad: 0}}
			},
			people: func(_, first time.Time) []journal.Event {
				return []journal.Event{{At: first.Add(12 * time.Second), Kind: journal.KindHalt, Source: journal.SourcePerson, Text: "A person halted everything: an unrelated incident needs the room.", Data: json.RawMessage(`{"by":"bo","reason":"an unrelated incident needs the room"}`)}}
			},
		},
		{
			name: "stopped blind", spec: slowPayment(), baseline: 30, before: tally(3600, 3), inject: 80, decided: 80 * time.Second,
			second: func(i int) (verifier.Tally, verifier.Tally) {
				if i >= 20 {
					return tally(0, 0), tally(0, 0)
				}
				return calm(i)
			},
			end: func(r *verifier.Run) {
				r.Verdict, r.StopReason, r.Reason = verifier.Stopped, verifier.StopBlind, "The counts were 60.2 s old."
			},
			people: func(_, first time.Time) []journal.Event {
				return []journal.Event{
					{At: first.Add(10 * time.Second), KnownAt: first.Add(130 * time.Second), Kind: journal.KindDeploy, Source: journal.SourcePerson, Text: "checkout 4.13"},
					{At: first.Add(20 * time.Second), Kind: journal.KindSourceStale, Source: journal.SourceVerifier, Text: "The counts are 15.1 s old."},
				}
			},
		},
		{
			name: "breached without arms", spec: slowPayment(), baseline: 30, before: tally(3600, 3), inject: 20, decided: 20 * time.Second, alone: true,
			second: func(i int) (verifier.Tally, verifier.Tally) { return tally(6, 2), tally(114, every(2, i)) },
			end: func(r *verifier.Run) {
				r.Verdict, r.Attribution, r.Reason = verifier.Breached, "unknown", "Latency is below 99% over all requests."
				r.Guards = []verifier.Guard{{Objective: "latency", Guard: "global", Evidence: 204, Requests: 2400, Bad: 50, Interval: [2]float64{0.013, 0.031}}}
			},
			people: func(_, first time.Time) []journal.Event {
				return []journal.Event{{At: first, Kind: journal.KindNote, Source: journal.SourceVerifier, Text: "Most calls cannot be tied to the request they belong to."}}
			},
		},
	}
}

func TestStories(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			events, ticks := s.record(t)
			told, err := story.Compose(events, ticks)
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range story.Lint(told) {
				t.Error(problem)
			}
			golden(t, strings.ReplaceAll(s.name, " ", "-")+".md", told.Markdown())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestAStoryLeavesOutWhatTheRecordDoesNotSay(t *testing.T) {
	events, ticks := scenarios()[0].record(t)
	whole, err := story.Compose(events, ticks)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range events {
		for _, ticks := range [][]json.RawMessage{ticks, ticks[:len(ticks)/2], {json.RawMessage(`"?"`)}, nil} {
			less := slices.Clone(events)
			less[cut].Data, less[cut].Text = nil, ""
			told, err := story.Compose(less, ticks)
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range story.Lint(told) {
				t.Errorf("without %s: %s", events[cut].Kind, problem)
			}
			if len(told.Chapters) > len(whole.Chapters) {
				t.Errorf("without %s there are more chapters", events[cut].Kind)
			}
			if events[cut].Kind == journal.KindRunStarted {
				continue
			}
			if told, err = story.Compose(slices.Delete(less, cut, cut+1), ticks); err != nil {
				t.Fatal(err)
			}
			for _, problem := range story.Lint(told) {
				t.Errorf("with no %s at all: %s", events[cut].Kind, problem)
			}
		}
	}
	if _, err := story.Compose(events[1:], ticks); err == nil {
		t.Error("a run without a beginning was told")
	}
}

func TestAStoryIsTheSameForTheSameRecord(t *testing.T) {
	for _, s := range scenarios() {
		events, ticks := s.record(t)
		first, _ := story.Compose(events, ticks)
		text, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		var back story.Story
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.Markdown(), back.Markdown()); diff != "" {
			t.Errorf("%s, told again from its JSON (-want +got):\n%s", s.name, diff)
		}
	}
}

func TestLint(t *testing.T) {
	good := func() story.Story {
		events, ticks := scenarios()[0].record(t)
		told, err := story.Compose(events, ticks)
		if err != nil {
			t.Fatal(err)
		}
		return told
	}
	say := func(s *story.Story, text string, refs ...string) {
		s.Chapters[0].Paragraphs = []story.Paragraph{{Text: text, Refs: refs}}
	}
	tests := []struct {
		name string
		do   func(*story.Story)
		want string
	}{
		{"an untouched story is good", func(*story.Story) {}, ""},
		{"blame", func(s *story.Story) { say(s, "They should have seen it.") }, "forbidden"},
		{"blame in somebody's own words is theirs", func(s *story.Story) { say(s, "Ana noted: “we should have seen it”") }, ""},
		{"a number with nothing beside it", func(s *story.Story) { say(s, "It took 17.", "e1") }, "without a denominator"},
		{"a number with nothing to rest on", func(s *story.Story) { say(s, "It took 17 of 20.") }, "without a reference"},
		{"a reference to nowhere", func(s *story.Story) { say(s, "So it was.", "e999") }, "not in the timeline"},
		{"a wall time without a relative one", func(s *story.Story) { say(s, "At 14:02:12 UTC it began.", "e1") }, "without a denominator"},
		{"chapters in another order", func(s *story.Story) { slices.Reverse(s.Chapters) }, "out of order"},
		{"an empty chapter", func(s *story.Story) { s.Chapters[1].Paragraphs = nil }, "empty"},
		{"more than a page", func(s *story.Story) { say(s, strings.Repeat("word ", 650)) }, "at most 650"},
		{"a decision that rests on what was learned later", func(s *story.Story) {
			at := slices.IndexFunc(s.Chapters, func(c story.Chapter) bool { return c.Title == "The decision" })
			s.Chapters[at].Paragraphs[0].Refs = append(s.Chapters[at].Paragraphs[0].Refs, s.Appendix.Timeline[len(s.Appendix.Timeline)-1].Ref)
		}, "learned after the decision"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := good()
			tt.do(&s)
			got := story.Lint(s)
			if tt.want == "" && len(got) > 0 || tt.want != "" && !strings.Contains(strings.Join(got, "\n"), tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzCompose checks that whatever stands in the record, a story is told or
// refused, and never breaks off.
func FuzzCompose(f *testing.F) {
	f.Add([]byte(`{"alpha":0.01,"objectives":[{"name":"p99","latency":1}],"policies":[{"share":1e-9}]}`), []byte(`{"verdict":"breached","guards":[{"evidence":1e300}]}`), []byte(`{"state":"injecting","counts":{"fault":{"bad":7}}}`))
	f.Fuzz(func(t *testing.T, spec, run, tick []byte) {
		at := start()
		told, err := story.Compose([]journal.Event{
			{ID: "e1", At: at, KnownAt: at, Kind: journal.KindRunStarted, Run: "r", Data: spec},
			{ID: "e2", At: at.Add(time.Second), KnownAt: at, Kind: journal.KindFaultFirst, Run: "r"},
			{ID: "e3", At: at.Add(time.Minute), KnownAt: at, Kind: journal.KindDecision, Run: "r", Data: run},
			{ID: "e4", At: at.Add(time.Hour), KnownAt: at, Kind: journal.KindRunEnded, Run: "r", Data: run},
		}, []json.RawMessage{tick, tick})
		if err != nil || told.Markdown() == "" {
			t.Errorf("nothing was told: %v", err)
		}
		_ = story.Lint(told)
	})
}
