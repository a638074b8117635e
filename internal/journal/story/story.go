package story

import (
	"fmt"
	"strings"
	"time"

	"github.com/poise-dev/poise/verifier"
)

// Story is one run, told.
type Story struct {
	Run          string    `json:"run"`
	Verification string    `json:"verification"`
	Hypothesis   string    `json:"hypothesis"`
	Verdict      string    `json:"verdict,omitempty"` // absent while the run goes on
	Title        string    `json:"title"`
	Summary      string    `json:"summary"` // one line under the title
	Chapters     []Chapter `json:"chapters"`
	Appendix     Appendix  `json:"appendix"`
}

// Chapter is a part of a story. It is never empty.
type Chapter struct {
	Title      string      `json:"title"`
	Paragraphs []Paragraph `json:"paragraphs"`
}

// Paragraph is some sentences and what they rest on: events ("e12") and ticks
// ("t49").
type Paragraph struct {
	Text string   `json:"text"`
	Refs []string `json:"refs,omitempty"`
}

// Appendix is what a reader needs to check the story.
type Appendix struct {
	Arms     verifier.Arms    `json:"arms"`
	Guards   []verifier.Guard `json:"guards,omitempty"`
	Timeline []Entry          `json:"timeline"`
	// Replay is the command that judges the recorded counts again.
	Replay string `json:"replay"`
}

// Entry is a line of the timeline.
type Entry struct {
	Ref     string    `json:"ref"`
	At      time.Time `json:"at"`
	KnownAt time.Time `json:"knownAt"`
	When    string    `json:"when"` // relative to the first fault
	Kind    string    `json:"kind"`
	Text    string    `json:"text"`
}

// The titles of the chapters, in order.
const (
	believed  = "What we believed"
	ordinary  = "An ordinary minute"
	changed   = "What we changed"
	happened  = "What happened"
	decision  = "The decision"
	people    = "What people saw"
	surprised = "What surprised us"
	cost      = "What it cost"
	known     = "What we know now"
	room      = "For the room"
	appendix  = "Appendix"
)

// titles returns the titles of the chapters in order, without the appendix.
func titles() []string {
	return []string{believed, ordinary, changed, happened, decision, people, surprised, cost, known, room}
}

// Markdown returns the story as a page.
func (s Story) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n*%s*\n", s.Title, s.Summary)
	for _, chapter := range s.Chapters {
		fmt.Fprintf(&b, "\n## %s\n", chapter.Title)
		for _, p := range chapter.Paragraphs {
			fmt.Fprintf(&b, "\n%s\n", p.markdown())
		}
	}
	fmt.Fprintf(&b, "\n## %s\n\n", appendix)
	s.Appendix.markdown(&b)
	return b.String()
}

func (p Paragraph) markdown() string {
	if len(p.Refs) == 0 {
		return p.Text
	}
	return p.Text + " `[" + strings.Join(p.Refs, ", ") + "]`"
}

// markdown writes the tables of the appendix.
func (a Appendix) markdown(b *strings.Builder) {
	b.WriteString("| requests | in all | slow or failed | met the fault in full |\n|---|---:|---:|---:|\n")
	row := func(name string, t verifier.Tally, delivered string) {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, count(t.Requests), share(t), delivered)
	}
	row("faulted", a.Arms.Fault.Tally, count(a.Arms.Fault.Delivered))
	row("untouched, in the same seconds", a.Arms.Control, "")
	row("before the first fault", a.Arms.Before, "")
	if len(a.Guards) > 0 {
		b.WriteString("\n| objective | judged over | evidence against it | slow or failed | bad rate, 99% sure |\n|---|---|---:|---:|---:|\n")
		for _, g := range a.Guards {
			fmt.Fprintf(b, "| %s | %s | %s | %s of %s | %s to %s |\n", cell(g.Objective), guardWords(g.Guard), odds(g.Evidence),
				count(g.Bad), count(g.Requests), percent(g.Interval[0]), percent(g.Interval[1]))
		}
	}
	b.WriteString("\n| event | when | at (UTC) | what | in words |\n|---|---:|---|---|---|\n")
	for _, e := range a.Timeline {
		text := e.Text
		if late := e.KnownAt.Sub(e.At); late >= time.Minute {
			text += " (learned " + span(late) + " later)"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", e.Ref, e.When, e.At.UTC().Format("15:04:05.000"), cell(e.Kind), cell(text))
	}
	fmt.Fprintf(b, "\nA reference such as `e3` is an event of this timeline, `t49` the counts of judgement 49. To judge the recorded counts again: `%s`\n", a.Replay)
}

// cell makes text fit into one cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\r", "", "\n", " ").Replace(text)
}
