package verifier

import "errors"

// The errors of a [Verifier]. They are wrapped in errors that name the run, the
// policy or the cause.
var (
	// ErrBusy: another run has the same traffic, policy or verification.
	ErrBusy = errors.New("another run is on the same traffic")
	// ErrNoRun: there is no run of that id, or it is too long ago.
	ErrNoRun = errors.New("no such run")
	// ErrRecord: what is about to happen could not be made durable, so it does not
	// happen.
	ErrRecord = errors.New("the record cannot be written")
	// ErrClosed: the verifier is going down.
	ErrClosed = errors.New("the verifier is closed")
)
