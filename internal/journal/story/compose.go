package story

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// Compose tells the run that events and ticks are about. Events are those of
// the run and, for what happened around it, those of no run (notes, deploys,
// alerts); both in the order of the record. The only error is that no run
// begins in them.
func Compose(events []journal.Event, ticks []json.RawMessage) (Story, error) {
	f, err := read(events, ticks)
	if err != nil {
		return Story{}, err
	}
	s := Story{
		Run:          f.run.ID,
		Verification: f.spec.Verification,
		Hypothesis:   f.spec.Hypothesis,
		Verdict:      string(f.run.Verdict),
		Title:        f.title(),
		Appendix:     f.appendix(),
	}
	tellers := []func() []Paragraph{
		f.believed, f.ordinary, f.changed, f.happened, f.decision,
		f.people, f.surprised, f.cost, f.known, f.room,
	}
	for i, title := range titles() {
		if paragraphs := tellers[i](); len(paragraphs) > 0 {
			s.Chapters = append(s.Chapters, Chapter{Title: title, Paragraphs: paragraphs})
		}
	}
	s.Summary = f.summary(s.words())
	return s, nil
}

// words counts the words of the story, without the appendix.
func (s Story) words() int {
	n := len(strings.Fields(s.Title + " " + s.Summary))
	for _, chapter := range s.Chapters {
		n += len(strings.Fields(chapter.Title))
		for _, p := range chapter.Paragraphs {
			n += len(strings.Fields(p.Text))
		}
	}
	return n
}

// title says what was done, in a few words: "Five slow payment calls in a
// hundred".
func (f facts) title() string {
	if len(f.spec.Policies) == 0 && f.spec.Canary != "" {
		return "Two versions, side by side"
	}
	if f.ended && f.arms().Fault.Delivered == 0 && !f.alone() {
		return "A fault that met nobody"
	}
	if len(f.spec.Policies) == 1 {
		p := f.spec.Policies[0]
		kind := "failing"
		if slows(p) {
			kind = "slow"
		}
		n, whole := inWhole(p.Share)
		switch {
		case p.Share >= 1:
			return capital("every one of the " + calls(p) + " " + kind)
		case n == 1:
			return fmt.Sprintf("One %s %s in %s", kind, strings.TrimSuffix(calls(p), "s"), wholeWord(whole))
		case whole > 0:
			return capital(fmt.Sprintf("%s %s %s in %s", spelled(n), kind, calls(p), wholeWord(whole)))
		}
	}
	if f.spec.Verification != "" {
		return f.spec.Verification
	}
	return "Run " + f.run.ID
}

func wholeWord(whole uint64) string {
	switch whole {
	case 100:
		return "a hundred"
	case 1000:
		return "a thousand"
	case 10_000:
		return "ten thousand"
	default:
		return "a million"
	}
}

// summary is the line under the title.
func (f facts) summary(words int) string {
	var parts []string
	if f.spec.Verification != "" {
		parts = append(parts, f.spec.Verification+": "+f.outcome()+".")
	}
	parts = append(parts, f.start.UTC().Format("Monday 2 January 2006, 15:04 UTC")+".")
	if f.spec.Owner != "" {
		parts = append(parts, "The belief is held by "+f.spec.Owner+".")
	}
	// People read about 200 words a minute.
	if minutes := (words + 199) / 200; minutes == 1 {
		parts = append(parts, "This page takes a minute.")
	} else {
		parts = append(parts, fmt.Sprintf("This page takes %s minutes.", spelled(uint64(minutes)))) //nolint:gosec // positive and small
	}
	return strings.Join(parts, " ")
}

// outcome is the verdict in words.
func (f facts) outcome() string {
	switch f.run.Verdict {
	case verifier.NotExercised:
		return "not exercised"
	case verifier.Stopped:
		if f.run.StopReason != "" {
			return "stopped (" + f.run.StopReason + ")"
		}
		return "stopped"
	case "":
		return "still under way"
	default:
		return string(f.run.Verdict)
	}
}

func (f facts) appendix() Appendix {
	a := Appendix{Arms: f.arms(), Guards: f.guards, Replay: "poise replay " + f.run.ID + " --data DIR"}
	for _, e := range f.events {
		a.Timeline = append(a.Timeline, Entry{Ref: e.ID, At: e.At, KnownAt: e.KnownAt, When: f.in(e.At), Kind: e.Kind, Text: e.Text})
	}
	slices.SortStableFunc(a.Timeline, func(x, y Entry) int { return x.At.Compare(y.At) })
	return a
}

// prose collects the sentences of one paragraph and what they rest on.
type prose struct {
	sentences []string
	refs      []string
}

// say adds a sentence.
func (p *prose) say(format string, args ...any) {
	p.sentences = append(p.sentences, fmt.Sprintf(format, args...))
}

// rest adds references, each once.
func (p *prose) rest(refs ...string) {
	for _, ref := range refs {
		if !strings.Contains(" "+strings.Join(p.refs, " ")+" ", " "+ref+" ") {
			p.refs = append(p.refs, ref)
		}
	}
}

// paragraphs returns the paragraph, or none when nothing was said.
func (p *prose) paragraphs() []Paragraph {
	if len(p.sentences) == 0 {
		return nil
	}
	return []Paragraph{{Text: strings.Join(p.sentences, " "), Refs: p.refs}}
}

// between tells the events of some kinds that happened from one instant to
// another, both included.
func (f facts) between(from, to time.Time, kinds ...string) []journal.Event {
	var found []journal.Event
	for _, e := range f.events {
		for _, kind := range kinds {
			if e.Kind == kind && !e.At.Before(from) && !e.At.After(to) {
				found = append(found, e)
			}
		}
	}
	return found
}
