package measured_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const page = "../../../docs/reference/statistics-measured.md"

const head = `# What the statistics do, measured

Written by ` + "`go test ./verifier/stats/measured -timeout 1h -args -long -update`" + `, from seed %d (stream: the number of the
run). The same command gives the same page. A shorter version of every table here is checked in each ` + "`go test ./...`" + `.

In short: over %d settings poise halts true hypotheses in less than alpha of all runs, looking at every tick, while
thresholds halt up to all of them and repeated z-tests about one in five. Real trouble is seen in seconds where there is much
traffic, and in minutes where there is little.

## False halts

A service, and a hypothesis about it that is true. %d runs of %d looks, one a minute; a run counts when it is halted at any of
them. alpha is 1%%, so at most %s%% may be seen here (alpha and three standard errors). In each cell: 1 · 10 · 100 · 1,000
requests a second; the objective is 0.1%% bad, and one request in ten meets the fault unless said otherwise. Numbers are
percent. *In italics*: the hypothesis tested is not true there, or the method promises nothing; those halts are by design
(incidents must end a run) or the price of a method used where it does not belong.

What poise uses. *objective*: start mixture against the objective; *always on*: the same without an end, at a false-alarm rate
of alpha per run; *batch bet*: against the objective, whatever fails together; *comparison*: fault arm against control with
the default margin (1.25 times and half the allowance); *no margin*: the same against equality; *labels*: which arm the bad
requests were on; *counts*: two Poisson rates; *run*: objective, fault arm and comparison combined at one line.

`

const othersHead = `The same services under what is used elsewhere, at the same looks: more than so many times the allowed rate in the last
minute; the fourth such minute (Argo Rollouts' failureLimit 3) or the third in a row; burn rate 14.4 over 1 h and 5 min or 6
over 6 h and 30 min; z-tests at 1% of all counts so far, against the objective and of one arm against the other, repeated at
each look.

`

const podsHead = `## Arms by pod

If pods are faulted, not requests, what fails together fails in one arm. Both arms are alike and at the objective, so every halt is
a false one; looks are 5 s apart, numbers are percent of runs. With the true cluster factor the bound holds. An estimate of it
from a short or quiet warm-up is worthless, however plausible it looks; where the warm-up is not enough to be sure, the
greatest factor, 10, is safe, and ten times as slow.

`

const detectionHead = `## Time to detect

Median and 90th percentile of %d runs, in seconds, with the bad rate raised from the first look on; looks are 5 s apart (the other
methods: 60 s), the horizon is 3 h, alpha 1%%. Read it beside the table above: "> 5x" is quick at 1 request a second because it
halts everything there.

`

const specialHead = `## Other settings

As above, unless it says otherwise.
`

func TestMeasured(t *testing.T) {
	halts := measureFalseHalts(t)
	halts.check(t)
	halts.checkOthers(t)
	clusters := measurePods(t)
	checkPods(t, clusters)
	detection := measureDetection(t)
	detection.check(t)
	other := measureSpecials(t)

	var b strings.Builder
	runs, ticks := effort()
	fmt.Fprintf(&b, head, seed, len(worlds())*len(perSecond()), runs, ticks, percentage(bound(runs)/float64(runs)))
	halts.write(&b, ours())
	b.WriteString(othersHead)
	halts.write(&b, others())
	b.WriteString(podsHead)
	writePods(&b, clusters)
	fmt.Fprintf(&b, detectionHead, reps)
	detection.write(&b)
	b.WriteString(specialHead)
	writeSpecials(&b, other)
	text := strings.TrimRight(b.String(), "\n") + "\n"
	if *update {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	checkPage(t, text)
}

// checkPage fails when the page does not have the sections, rows and columns
// that are measured now. Its numbers are those of longer runs.
func checkPage(t *testing.T, text string) {
	t.Helper()
	written, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	outline := func(page string) string {
		var b strings.Builder
		for line := range strings.Lines(page) {
			switch {
			case strings.HasPrefix(line, "#"):
				b.WriteString(line)
			case strings.HasPrefix(line, "|"):
				b.WriteString(strings.Split(line, "|")[1] + "\n")
			}
		}
		return b.String()
	}
	if got, want := outline(string(written)), outline(text); got != want {
		t.Errorf("%s is out of date: run go test ./verifier/stats/measured -timeout 1h -args -long -update", page)
	}
}
