package story

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// mostWords is how long a story may be before its appendix: one page.
const mostWords = 650

// Lint returns what is wrong with the form of a story; nothing is good. It looks
// at our own words: what people wrote stands between quotation marks and is
// theirs.
//
//   - chapters are in order, none empty, at most 650 words in all
//   - no word that blames, or makes light of, what people did
//   - every number has a denominator or a unit, and its paragraph a reference
//   - every reference to an event is to one of the timeline
//   - a decision rests on nothing that was learned after it
//   - wall times stand in brackets, after a relative time
func Lint(s Story) []string {
	var wrong []string
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if n := s.words(); n > mostWords {
		add("%d words, at most %d", n, mostWords)
	}
	place := -1
	for _, chapter := range s.Chapters {
		at := slices.Index(titles(), chapter.Title)
		if at <= place {
			add("chapter %q is out of order or unknown", chapter.Title)
		}
		place = at
		if len(chapter.Paragraphs) == 0 {
			add("chapter %q is empty", chapter.Title)
		}
		for _, p := range chapter.Paragraphs {
			for _, problem := range lintParagraph(s, p) {
				add("%s: %s", chapter.Title, problem)
			}
		}
		if chapter.Title == decision {
			wrong = append(wrong, lintDecision(s, chapter)...)
		}
	}
	return wrong
}

func lintParagraph(s Story, p Paragraph) []string {
	var wrong []string
	own := quoted().ReplaceAllString(p.Text, "")
	for _, word := range forbidden() {
		if regexp.MustCompile(`(?i)\b` + word + `\b`).MatchString(own) {
			wrong = append(wrong, "forbidden words: "+word)
		}
	}
	if strings.TrimSpace(p.Text) == "" {
		wrong = append(wrong, "an empty paragraph")
	}
	if digit().MatchString(own) && len(p.Refs) == 0 {
		wrong = append(wrong, "numbers without a reference: "+own)
	}
	if bare := digit().FindString(strings.ReplaceAll(grounded().ReplaceAllString(own, ""), "\u00a0", "")); bare != "" {
		wrong = append(wrong, fmt.Sprintf("number %s without a denominator or a unit: %s", bare, own))
	}
	for _, ref := range p.Refs {
		if strings.HasPrefix(ref, "e") && !slices.ContainsFunc(s.Appendix.Timeline, func(e Entry) bool { return e.Ref == ref }) {
			wrong = append(wrong, "reference "+ref+" is not in the timeline")
		}
	}
	return wrong
}

// lintDecision finds references of the decision that were learned after it. Its
// first paragraph is the decision; what follows is what came of it.
func lintDecision(s Story, chapter Chapter) []string {
	at := slices.IndexFunc(s.Appendix.Timeline, func(e Entry) bool { return e.Kind == "decision" })
	if at < 0 || len(chapter.Paragraphs) == 0 {
		return nil
	}
	var wrong []string
	for _, e := range s.Appendix.Timeline {
		if slices.Contains(chapter.Paragraphs[0].Refs, e.Ref) && e.KnownAt.After(s.Appendix.Timeline[at].KnownAt) {
			wrong = append(wrong, chapter.Title+": "+e.Ref+" was learned after the decision")
		}
	}
	return wrong
}

func forbidden() []string {
	return []string{"should have", "could have", "failed to", "missed", "obviously", "simply", "just", "root cause", "human error"}
}

// quoted matches what is not ours: people's words and program text.
func quoted() *regexp.Regexp { return regexp.MustCompile("“[^”]*”|`[^`]*`") }

func digit() *regexp.Regexp { return regexp.MustCompile(`[0-9]+(\.[0-9]+)?`) }

// grounded matches numbers that stand beside a denominator or a unit.
func grounded() *regexp.Regexp {
	const n = `[0-9][0-9\x{a0}]*(\.[0-9]+)?`
	return regexp.MustCompile(strings.Join([]string{
		`(s|run|fault|in|later) \([0-9]{2}:[0-9]{2}:[0-9]{2} UTC\)`,   // wall time, after a relative one
		n + ` (of|in) (the )?(last )?` + n,                            // a part of a whole
		n + ` to 1\b`,                                                 // odds
		n + ` (min|h)( ` + n + ` (s|min))?`,                           // long durations
		n + ` (ms|s)\b`,                                               // durations
		n + ` (a second|requests a second|requests came each second)`, // rates
		`between ` + n + ` and ` + n + ` in 100`,                      // intervals
		`at least ` + n + ` bad requests?`,                            // a floor agreed beforehand
		`[Oo]f the ` + n + ` faulted requests`,                        // likewise
	}, "|"))
}
