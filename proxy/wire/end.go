package wire

import "bytes"

// End returns where the head in b ends: behind the empty line, or -1 when it is
// not whole yet. Looking starts at from, so that a head that comes in pieces is
// not looked through again; from is where the last look ended.
func End(b []byte, from int) int {
	for i := max(0, from-3); ; i++ {
		n := bytes.IndexByte(b[i:], '\r')
		if n < 0 {
			return -1
		}
		if i += n; len(b)-i < 4 {
			return -1
		}
		if b[i+1] == '\n' && b[i+2] == '\r' && b[i+3] == '\n' {
			return i + 4
		}
	}
}

// Blank returns how many bytes of empty lines stand before a request: a client
// may send one too many (RFC 9112 section 2.2).
func Blank(b []byte) (n int) {
	for len(b) >= n+2 && b[n] == '\r' && b[n+1] == '\n' {
		n += 2
	}
	return n
}

// Early looks at the beginning of a request whose head is not whole yet and
// refuses what can never be one, such as a TLS handshake or lines that end in
// a bare LF. Without it such a caller waits for its timeout. Looking starts at
// from, as in [End].
func Early(b []byte, from int) *Error {
	if len(b) > 0 && b[0] != '\r' && classes[b[0]]&tokenByte == 0 {
		return bad("this is not the beginning of an HTTP request")
	}
	for i := max(0, from); ; i++ {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return nil
		}
		if i += n; i == 0 || b[i-1] != '\r' {
			return bad("a line does not end in CR LF")
		}
	}
}

// Overlong refuses a request whose head does not end within what the caller
// can hold: its target is too long (RFC 9110 section 15.5.15), or its fields
// are (RFC 6585 section 5).
func Overlong(b []byte) *Error {
	if bytes.IndexByte(b, '\n') < 0 {
		return &Error{414, "the request line is too long"}
	}
	return &Error{431, "the head is too long"}
}
