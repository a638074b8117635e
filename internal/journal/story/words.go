package story

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/poise-dev/poise/verifier"
)

// count writes n with a no-break space between thousands: 3 480.
func count(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteRune('\u00a0')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// of writes a tally as "9 of 61".
func of(t verifier.Tally) string { return count(t.Bad) + " of " + count(t.Requests) }

// share writes a tally with its rate, for tables: "9 (14.8%)".
func share(t verifier.Tally) string {
	if t.Requests == 0 {
		return count(t.Bad)
	}
	return count(t.Bad) + " (" + percent(rate(t)) + ")"
}

// rate is the bad rate of t, 0 when nothing was counted.
func rate(t verifier.Tally) float64 {
	if t.Requests == 0 {
		return 0
	}
	return float64(t.Bad) / float64(t.Requests)
}

// minus takes b away from a, and stops at zero.
func minus(a, b verifier.Tally) verifier.Tally {
	return verifier.Tally{Requests: a.Requests - min(a.Requests, b.Requests), Bad: a.Bad - min(a.Bad, b.Bad)}
}

// percent writes a ratio with two decimals: 0.92%.
func percent(ratio float64) string { return strconv.FormatFloat(100*ratio, 'f', 2, 64) + "%" }

// perHundred writes a ratio as a number to be followed by "in 100".
func perHundred(ratio float64) string {
	return strconv.FormatFloat(math.Round(10000*ratio)/100, 'f', -1, 64)
}

// inWhole writes a ratio as a whole number in a round one, such as 5 in 100 or
// 1 in 1 000. Both are 0 for what needs more than a million.
func inWhole(ratio float64) (n, whole uint64) {
	for _, whole := range []uint64{100, 1000, 10_000, 1_000_000} {
		n := ratio * float64(whole)
		if n >= 0.999 && math.Abs(n-math.Round(n)) < 1e-6*float64(whole) {
			return uint64(math.Round(n)), whole
		}
	}
	return 0, 0
}

// inWords writes a ratio for a sentence: "5 in 100", "all".
func inWords(ratio float64) string {
	n, whole := inWhole(ratio)
	switch {
	case ratio >= 1:
		return "all"
	case whole == 0:
		return "some"
	default:
		return count(n) + " in " + count(whole)
	}
}

// odds writes evidence as "1 240 to 1".
func odds(evidence float64) string {
	switch {
	case math.IsNaN(evidence) || evidence < 0:
		return "unknown"
	case evidence >= 1e6:
		return "more than 1\u00a0000\u00a0000 to 1"
	case evidence >= 10:
		return count(uint64(evidence)) + " to 1"
	case evidence >= 0.1:
		return strconv.FormatFloat(evidence, 'f', 1, 64) + " to 1"
	default:
		return "less than 0.1 to 1"
	}
}

// span writes a duration: "12 ms", "41.0 s", "8 min 41 s", "2 h 5 min", "5 min".
func span(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "under 1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return twoUnits(int(d.Minutes()), "min", int(d.Seconds())%60, "s")
	default:
		d = d.Round(time.Minute)
		return twoUnits(int(d.Hours()), "h", int(d.Minutes())%60, "min")
	}
}

func twoUnits(n int, unit string, rest int, small string) string {
	if rest == 0 {
		return fmt.Sprintf("%d %s", n, unit)
	}
	return fmt.Sprintf("%d %s %d %s", n, unit, rest, small)
}

// clock writes a wall time, always after a relative one: " (14:02:53 UTC)".
func clock(t time.Time) string { return " (" + t.UTC().Format("15:04:05") + " UTC)" }

// spelled writes small numbers as words.
func spelled(n uint64) string {
	switch n {
	case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:
		return strings.Fields("one two three four five six seven eight nine ten")[n-1]
	case 20:
		return "twenty"
	case 25:
		return "twenty-five"
	case 50:
		return "fifty"
	default:
		return count(n)
	}
}

// capital writes s with a capital first letter.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// quote writes people's words between quotation marks.
func quote(s string) string {
	inner := strings.NewReplacer("“", "‘", "”", "’").Replace(s)
	return "“" + strings.Join(strings.Fields(inner), " ") + "”"
}

// named writes a name in a sentence; one with digits as program text, so that
// nobody takes it for a number.
func named(s string) string {
	if strings.ContainsAny(s, "0123456789") {
		return "`" + s + "`"
	}
	return s
}

// told writes people's words as the end of a sentence.
func told(s string) string {
	s = strings.TrimSpace(s)
	if s != "" && strings.ContainsRune(".!?…", []rune(s)[len([]rune(s))-1]) {
		return quote(s)
	}
	return quote(s) + "."
}

// list joins items as people do: "a, b and c".
func list(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " and " + items[last]
}

// was returns the verb for n things.
func was(n uint64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// did refers back to what was said of bad requests.
func did(n uint64, timed bool) string {
	if !timed {
		return "did"
	}
	return was(n)
}

// guardWords says over which requests a guard looks.
func guardWords(guard string) string {
	switch guard {
	case verifier.GuardFaultArm:
		return "the faulted requests"
	case verifier.GuardComparison:
		return "the faulted requests against the untouched ones"
	default:
		return "all requests"
	}
}
