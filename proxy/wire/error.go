package wire

// Error is why a message is refused, with the status a request is answered. The
// connection is closed after it: where a message ends is in doubt.
type Error struct {
	Status int
	Why    string
}

// Error returns the reason.
func (e *Error) Error() string { return e.Why }

func bad(why string) *Error { return &Error{400, why} }
