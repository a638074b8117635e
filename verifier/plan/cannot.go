package plan

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// cannot says what a run with this guard cannot conclude.
func (s Spec) cannot(o Objective, g Guard, t Traffic) []string {
	if t.PerSecond <= 0 {
		return []string{"Without requests nothing can be concluded."}
	}
	if g.Guard != Global && s.Share == 0 {
		return []string{"No request meets the fault, so nothing is tested."}
	}
	return append(s.cannotDetect(o, g, t), s.cannotUphold(o, g, t)...)
}

func (s Spec) cannotDetect(o Objective, g Guard, t Traffic) []string {
	if g.Guard == Global && t.Normal > o.Allowed {
		return []string{fmt.Sprintf("The baseline fails: normally %s of the requests are bad, and %s is allowed.",
			percent(t.Normal), percent(o.Allowed))}
	}
	change := fmt.Sprintf("a rise from %s to %s bad", percent(t.Normal), percent(t.Effect))
	switch d := g.TimeToDetect; {
	case d.Median == Never:
		return []string{s.tolerated(o, g, t)}
	case s.outlasts(d.Median):
		return []string{fmt.Sprintf("It cannot see %s: that takes %v, and faults last %v.", change, d.Median, Wait(s.Duration))}
	case s.outlasts(d.P90):
		return []string{fmt.Sprintf("It may miss %s: 9 runs in 10 need up to %v, and faults last %v.", change, d.P90, Wait(s.Duration))}
	default:
		return nil
	}
}

// tolerated says why there is nothing for a guard to detect: the rate is within
// its limit, or so little above that no number of requests tells it apart.
func (s Spec) tolerated(o Objective, g Guard, t Traffic) string {
	switch g.Guard {
	case Global:
		return fmt.Sprintf("It cannot see the effect: with %s of the requests faulted, %s of all are bad, %s the %s allowed.",
			percent(s.Share), percent(s.overall(t)), against(s.overall(t), o.Allowed), percent(o.Allowed))
	case FaultArm:
		return fmt.Sprintf("There is nothing to detect: %s of the faulted requests are bad, %s the %s tolerated.",
			percent(t.Effect), against(t.Effect, o.Tolerance), percent(o.Tolerance))
	default:
		if s.Share == 1 {
			return "Nothing can be compared: every request is faulted, and none is left as control."
		}
		edge := o.Margin.Ratio*t.Normal + o.Margin.Points
		return fmt.Sprintf("There is nothing to detect: %s bad is %s %s times %s plus %s points.", percent(t.Effect),
			against(t.Effect, edge), number(o.Margin.Ratio), percent(t.Normal), number(100*o.Margin.Points))
	}
}

func against(rate, limit float64) string {
	if rate > limit {
		return "too near"
	}
	return "within"
}

func (s Spec) cannotUphold(o Objective, g Guard, t Traffic) []string {
	if g.Guard != FaultArm {
		return nil
	}
	switch {
	case t.Normal >= o.Tolerance:
		return []string{fmt.Sprintf("It cannot be upheld: normally %s of the requests are bad, and %s is tolerated.",
			percent(t.Normal), percent(o.Tolerance))}
	case g.TimeToUphold == Never:
		return []string{fmt.Sprintf("It cannot be upheld: normally %s of the requests are bad, too near the %s tolerated.",
			percent(t.Normal), percent(o.Tolerance))}
	case !s.outlasts(g.TimeToUphold):
		return nil
	default:
		seen := t.PerSecond * s.Share * s.Duration.Seconds()
		return []string{fmt.Sprintf("It cannot be upheld: that takes %d clean faulted requests, about %v; this run sees %.0f, enough for a tolerance of %s.",
			g.CleanRequestsNeeded, g.TimeToUphold, seen, percent(s.provable(seen)))}
	}
}

// provable returns the least tolerance that so many clean requests prove, by the
// rule of exact proof 1 - beta^(1/n).
func (s Spec) provable(requests float64) float64 {
	if requests < 1 {
		return 1
	}
	return -math.Expm1(math.Log(s.Beta) / requests)
}

// outlasts tells whether a time is beyond the end of the run, if there is one.
func (s Spec) outlasts(w Wait) bool {
	return w == Never || s.Duration > 0 && time.Duration(w) > s.Duration
}

func percent(ratio float64) string { return number(100*ratio) + "%" }

// number writes a number with three significant digits.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
