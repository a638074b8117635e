package verifier

// The exit codes of whatever ends in a verdict.
const (
	ExitUpheld       = 0
	ExitBreached     = 10
	ExitInconclusive = 11
	ExitNotExercised = 12
	ExitStopped      = 13
)

// ExitCode returns the exit code of the run's verdict. A run without one has
// been stopped.
func (r Run) ExitCode() int {
	switch r.Verdict {
	case Upheld:
		return ExitUpheld
	case Breached:
		return ExitBreached
	case Inconclusive:
		return ExitInconclusive
	case NotExercised:
		return ExitNotExercised
	default:
		return ExitStopped
	}
}
