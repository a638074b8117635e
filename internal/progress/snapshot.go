package progress

import "time"

// Snapshot is a verification at one moment. A field left zero is left out.
type Snapshot struct {
	// Chapter and Title say which of several runs this is: "Chapter 1 of 2" and
	// "checkout waits for payment". When either changes, the lines drawn so far
	// stay where they are and new ones begin below.
	Chapter, Title string
	// State is one word: baseline, injecting, recovering. A change of it is drawn
	// at once.
	State string
	// Sentence says what is happening now.
	Sentence string
	// Elapsed is the time since the run began.
	Elapsed time.Duration
	// Rate is requests per second.
	Rate float64
	// Before, Control and Fault are the populations.
	Before, Control, Fault Arm
	// Evidence is the e-value against the belief, and Line, usually 1/alpha, the
	// value that halts. A Line of 1 or less leaves both meters out.
	Evidence, Line float64
	// Upheld is the way to an upheld verdict, in [0,1].
	Upheld float64
}

// Arm counts the requests of one population.
type Arm struct{ Requests, Bad uint64 }

// changed reports whether the run is in another state than last, and whether it
// is another run.
func (s Snapshot) changed(last Snapshot) (state, run bool) {
	run = s.Chapter != last.Chapter || s.Title != last.Title
	return run || s.State != last.State, run
}

// heading names the run.
func (s Snapshot) heading() string {
	if s.Chapter == "" || s.Title == "" {
		return s.Chapter + s.Title
	}
	return s.Chapter + ": " + s.Title
}
