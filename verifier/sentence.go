package verifier

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// tallySentence tells what a guard saw: "availability: 37 of 412 faulted
// requests were bad (8.98%); 0.5% is tolerated". The requests may be narrowed
// down: " of the last 3.0 s".
func tallySentence(g guard, narrowed string) string {
	seen := g.tally()
	words := func(population string) string {
		return fmt.Sprintf("%s: %d of %d %s%s were bad (%s)", g.objective.Name, seen.Bad, seen.Requests, population, narrowed, percent(rate(seen)))
	}
	arm, control := "faulted requests", "control"
	if g.objective.canary {
		arm, control = "requests of the canary", "the baseline"
	}
	switch g.kind {
	case GuardGlobal:
		return fmt.Sprintf("%s; %s is allowed", words("requests"), percent(g.limit()))
	case GuardComparison:
		other := g.counts.Control
		return fmt.Sprintf("%s, and %d of %d of %s (%s); %s times that and %s points are tolerated", words(arm),
			other.Bad, other.Requests, control, percent(rate(other)), number(g.objective.Ratio), number(100*g.objective.Margin))
	default:
		return fmt.Sprintf("%s; %s is tolerated", words(arm), percent(g.limit()))
	}
}

// percent writes a ratio as a percentage with three significant digits: "8.98%".
func percent(ratio float64) string { return number(100*ratio) + "%" }

// number writes a number with three significant digits, and all digits of a
// whole one.
func number(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	if whole := math.Round(v); math.Abs(v-whole) < 1e-9 {
		return strconv.FormatFloat(whole, 'f', -1, 64)
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	scale := math.Pow(10, float64(max(digits, 0)))
	return strconv.FormatFloat(math.Round(v*scale)/scale, 'f', -1, 64)
}

// inSeconds writes a duration for a sentence: "6.2 s", "12 ms".
func inSeconds(d time.Duration) string {
	if d.Abs() < time.Second {
		return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

// sentence makes a sentence of its words: it ends in one full stop.
func sentence(words string) string { return strings.TrimRight(words, ". ") + "." }
