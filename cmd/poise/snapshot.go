package main

import (
	"fmt"
	"time"

	"github.com/poise-dev/poise/internal/app"
	"github.com/poise-dev/poise/internal/progress"
	"github.com/poise-dev/poise/verifier"
)

// snapshot shows a moment of a run.
func snapshot(base progress.Snapshot, m app.Moment, rate float64) progress.Snapshot {
	s := base
	s.State = string(m.State)
	s.Sentence = sentence(m.Run)
	s.Elapsed = time.Since(m.StartedAt)
	s.Rate = rate
	s.Before = progress.Arm(m.Arms.Before)
	s.Control = progress.Arm(m.Arms.Control)
	s.Fault = progress.Arm(m.Arms.Fault.Tally)
	s.Evidence, s.Line, s.Upheld = m.Against, m.Line, m.For
	if m.State == verifier.StateBaseline {
		s.Upheld = 0
	}
	return s
}

// sentence says what is happening now.
func sentence(run verifier.Run) string {
	switch run.State {
	case verifier.StateBaseline:
		return "Watching an ordinary while before the first fault."
	case verifier.StateInjecting:
		return "A few requests meet the fault; every answer is counted."
	case verifier.StatePaused:
		return "The counts are too old: no faults until they are back."
	case verifier.StateRecovering:
		return fmt.Sprintf("Faults are off (%s). Measuring the time back to normal.", run.Verdict)
	default:
		return fmt.Sprintf("%s: %s", run.Verdict, run.Reason)
	}
}

// rate returns a func that tells how many requests a second have been answered
// since it was last asked, smoothed a little.
func (p *process) rate() func() float64 {
	last, lastAt, smooth := p.answered(), time.Now(), 0.0
	return func() float64 {
		now, at := p.answered(), time.Now()
		if passed := at.Sub(lastAt).Seconds(); passed > 0 {
			smooth += 0.2 * (float64(now-last)/passed - smooth)
		}
		last, lastAt = now, at
		return smooth
	}
}

// answered is how many requests all listeners have answered.
func (p *process) answered() (n uint64) {
	for _, name := range p.Sidecar.Listeners() {
		none, control, fault := p.Sidecar.Engine.Lane(name).Requests()
		n += none + control + fault
	}
	return n
}
