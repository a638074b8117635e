package main

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/poise-dev/poise/verifier"
)

// testSuite is a run in the JUnit form that build servers read. Only upheld is a
// pass: a breach is a failure, anything else an error.
type testSuite struct {
	XMLName  xml.Name `xml:"testsuite"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"` // seconds
	Started  string   `xml:"timestamp,attr"`
	Case     testCase `xml:"testcase"`
}

type testCase struct {
	Class   string    `xml:"classname,attr"`
	Name    string    `xml:"name,attr"`
	Time    string    `xml:"time,attr"`
	Failure *testFate `xml:"failure,omitempty"`
	Error   *testFate `xml:"error,omitempty"`
	Out     string    `xml:"system-out"`
}

type testFate struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func junitOf(run verifier.Run) ([]byte, error) {
	took := fmt.Sprintf("%.3f", run.EndedAt.Sub(run.StartedAt).Seconds())
	suite := testSuite{
		Name: "poise", Tests: 1, Time: took, Started: run.StartedAt.UTC().Format("2006-01-02T15:04:05"),
		Case: testCase{Class: run.Hypothesis, Name: run.Verification, Time: took, Out: guardLines(run)},
	}
	fate := &testFate{Type: string(run.Verdict), Message: run.Reason, Text: "run " + run.ID}
	switch run.Verdict {
	case verifier.Upheld:
	case verifier.Breached:
		suite.Failures, suite.Case.Failure = 1, fate
	case verifier.Inconclusive, verifier.NotExercised, verifier.Stopped:
		suite.Errors, suite.Case.Error = 1, fate
	}
	text, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the outcome as XML: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

// guardLines tells every guard in a line.
func guardLines(run verifier.Run) string {
	var lines strings.Builder
	for _, g := range run.Guards {
		fmt.Fprintf(&lines, "%s, %s: %d of %d bad, evidence %.3g\n", g.Objective, g.Guard, g.Bad, g.Requests, g.Evidence)
	}
	return lines.String()
}

// markdownOf is a run for the summary of a build.
func markdownOf(run verifier.Run) string {
	var b strings.Builder
	word := string(run.Verdict)
	if run.StopReason != "" {
		word += " (" + run.StopReason + ")"
	}
	fmt.Fprintf(&b, "## %s: %s\n\n%s\n\n", run.Verification, word, plain(run.Reason))
	fmt.Fprintf(&b, "| population | requests | bad |\n|---|---:|---:|\n")
	fmt.Fprintf(&b, "| met the fault | %d | %d |\n", run.Arms.Fault.Requests, run.Arms.Fault.Bad)
	fmt.Fprintf(&b, "| control, the same seconds | %d | %d |\n", run.Arms.Control.Requests, run.Arms.Control.Bad)
	fmt.Fprintf(&b, "| before the first fault | %d | %d |\n\n", run.Arms.Before.Requests, run.Arms.Before.Bad)
	fmt.Fprintf(&b, "| objective | guard | bad | evidence |\n|---|---|---:|---:|\n")
	for _, g := range run.Guards {
		fmt.Fprintf(&b, "| %s | %s | %d of %d | %.3g |\n", plain(g.Objective), g.Guard, g.Bad, g.Requests, g.Evidence)
	}
	fmt.Fprintf(&b, "\nRun `%s` of the belief %s", run.ID, plain(run.Hypothesis))
	if run.Attribution != "" {
		fmt.Fprintf(&b, "; the breach is attributed to: %s", run.Attribution)
	}
	b.WriteString(".\n\n")
	return b.String()
}

// plain takes the meaning from what Markdown reads as markup.
func plain(text string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "\n", " ", "*", "\\*", "_", "\\_", "`", "\\`").Replace(text)
}
