package app

import (
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/verifier"
)

func TestTheNextContinuousRunWaits(t *testing.T) {
	ended := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	run := func(v verifier.Verdict, stop string) past {
		return past{runs: 1, last: verifier.Run{Verdict: v, StopReason: stop, EndedAt: ended}}
	}
	for name, c := range map[string]struct {
		past  past
		after time.Duration
		waits string // why; empty: it does not
	}{
		"never, when there was none":                {past{}, 0, ""},
		"while one is under way":                    {past{runs: 1, under: true}, 0, "a run of it is under way"},
		"not after one that was upheld":             {run(verifier.Upheld, ""), 0, ""},
		"not after the hours ended":                 {run(verifier.Stopped, verifier.StopHours), 0, ""},
		"not after a restart":                       {run(verifier.Stopped, verifier.StopShutdown), 0, ""},
		"a while after a breach":                    {run(verifier.Breached, ""), 9 * time.Minute, "its last run was breached: the next begins after 10:10:00 UTC"},
		"only a while after a breach":               {run(verifier.Breached, ""), 10 * time.Minute, ""},
		"a while without traffic":                   {run(verifier.NotExercised, ""), time.Minute, "its last run was not-exercised"},
		"an hour when the budget is spent":          {run(verifier.Stopped, verifier.StopBudget), 59 * time.Minute, "the next begins after 11:00:00 UTC"},
		"for a person, when a person stopped it":    {run(verifier.Stopped, verifier.StopOperator), 1000 * time.Hour, "a person stopped its last run"},
		"no more than an hour for a spent budget":   {run(verifier.Stopped, verifier.StopBudget), time.Hour, ""},
		"a while when nothing could be concluded":   {run(verifier.Inconclusive, ""), time.Minute, "its last run was inconclusive"},
		"a while when nothing could be seen at all": {run(verifier.Stopped, verifier.StopBlind), time.Minute, "its last run was stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.past.rests(ended.Add(c.after))
			if (err == nil) != (c.waits == "") || err != nil && !strings.Contains(err.Error(), c.waits) {
				t.Errorf("it waits because of %v, want %q", err, c.waits)
			}
		})
	}
}
