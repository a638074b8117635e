package verifier

import (
	"errors"
	"fmt"
)

// Replay judges a recorded run again, from its spec and its ticks alone. The
// verdict, its attribution, reason and evidence are those of the run as it was
// recorded, or the record and the judgement disagree. A run that ended because
// it could not be recorded has no verdict here: its last tick is missing.
//
// It is an error when ticks are missing, or when the state in one of them is
// not where the run must have been.
func Replay(spec Spec, ticks []Tick) (Run, error) {
	if len(ticks) == 0 {
		return Run{}, errors.New("the record has no ticks")
	}
	j := NewJudge(spec)
	for i, t := range ticks {
		if t.Seq != i+1 {
			return j.Run(), fmt.Errorf("tick %d is missing from the record: tick %d follows %d", i+1, t.Seq, i)
		}
		if t.State != j.state {
			return j.Run(), fmt.Errorf("tick %d: the record says %s, judged again the run is %s", t.Seq, t.State, j.state)
		}
		j.Step(t)
	}
	return j.Run(), nil
}
