package verifier

import (
	"fmt"
	"time"
)

// Blindness, in the terms of CONTRACT: counts older than three intervals, and
// than leastStale, pause a run; a pause longer than blindLimit ends it.
const (
	leastStale = 15 * time.Second
	blindLimit = 60 * time.Second
)

// freshness pauses a run whose counts are too old, takes it up again when they
// are back, and stops it when they stay away. That a source could not be read
// at all shows in nothing but the age of the counts.
func (j *Judge) freshness() *Decision {
	stale := j.tick.Age > max(3*j.spec.Interval, leastStale)
	switch {
	case stale && j.state != StatePaused:
		j.resume, j.state, j.pausedAt, j.settling = j.state, StatePaused, j.tick.Elapsed, false
		j.revoke = fmt.Sprintf("the counts are %s old", inSeconds(j.tick.Age))
		j.happened(Event{
			Kind: KindSourceStale, Data: SourceStale{Age: measured(j.tick.Age)},
			Text: fmt.Sprintf("The counts are %s old: no new faults until they are back.", inSeconds(j.tick.Age)),
		})
	case stale && j.tick.Elapsed-j.pausedAt > blindLimit:
		return stopped(StopBlind, j.blindSentence("for longer than "+inSeconds(blindLimit)))
	case !stale && j.state == StatePaused:
		paused := j.tick.Elapsed - j.pausedAt
		j.state = j.resume
		j.happened(Event{
			Kind: KindSourceBack, Data: SourceBack{Paused: measured(paused)},
			Text: fmt.Sprintf("The counts are back after a pause of %s.", inSeconds(paused)),
		})
	}
	return nil
}

func (j *Judge) blindSentence(when string) string {
	return fmt.Sprintf("Nothing could be seen %s: the newest counts are %s old.", when, inSeconds(j.tick.Age))
}
