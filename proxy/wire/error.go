package wire

// Error is why a message is refused, with the status a request is answered. The
// connection is closed after it: where a message ends is in doubt.
//
//	400  it is malformed, or can be read in two ways
//	414  the request line is longer than MaxLine
//	431  a field, their number, or the trailers are too much
//	501  a transfer coding other than chunked
//	502  an answer is any of that
//	505  another major version, such as the preface of HTTP/2
type Error struct {
	Status int
	Why    string
}

// Error returns the reason.
func (e *Error) Error() string { return e.Why }

func bad(why string) *Error { return &Error{400, why} }
