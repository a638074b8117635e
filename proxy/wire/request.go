package wire

import "bytes"

// ReadRequest reads the head of a request, which ends with its empty line, into
// h.
func ReadRequest(b []byte, h *Head) *Error {
	h.reset()
	start, rest, err := line(b)
	if err == nil {
		err = h.requestLine(start)
	}
	if err == nil {
		err = h.readFields(rest)
	}
	if err == nil {
		err = h.checkRequest()
	}
	return err
}

// requestLine reads "METHOD target HTTP/1.x", with single spaces.
func (h *Head) requestLine(b []byte) *Error {
	h.Start = b
	one := span(b, tokenByte)
	two := bytes.LastIndexByte(b, ' ')
	if one == 0 || two <= one+1 || b[one] != ' ' {
		return bad("the request line is not METHOD TARGET VERSION")
	}
	h.Method, h.Target = b[:one], b[one+1:two]
	if err := h.version(b[two+1:]); err != nil {
		return err
	}
	return h.readTarget()
}

// version reads HTTP/1.0 or HTTP/1.1. A later 1.x is read as 1.1, and forwarded
// as what it is then (RFC 9110 section 2.5).
func (h *Head) version(b []byte) *Error {
	if len(b) != 8 || string(b[:5]) != "HTTP/" || b[6] != '.' || classes[b[5]]&classes[b[7]]&digitByte == 0 {
		return bad("the version is not one of HTTP")
	}
	if b[5] != '1' {
		return &Error{505, "only HTTP/1.x is spoken on this connection"}
	}
	h.Minor = min(int(b[7]-'0'), 1)
	h.touched = b[7] != '1'
	return nil
}

// checkRequest looks at the head as a whole.
func (h *Head) checkRequest() *Error {
	if err := h.checkFraming(); err != nil {
		return err
	}
	h.checkUpgrade()
	switch {
	case !h.hosted && h.Minor == 1:
		return bad("there is no Host field")
	case string(h.Method) == "CONNECT" && (h.Body.Chunked || h.Body.Length > 0):
		return bad("CONNECT has no body")
	}
	h.countHop()
	if h.Minor == 0 {
		h.endAll(Expect) // HTTP/1.0 knows no 100 (RFC 9110 section 10.1.1)
	}
	if !h.Body.Chunked && h.Body.Length < 0 {
		h.Body.Length = 0
	}
	return nil
}

// countHop counts Max-Forwards down, for the methods it has a meaning with
// (RFC 9110 section 7.6.2). At zero the caller answers.
func (h *Head) countHop() {
	if method := string(h.Method); method != "TRACE" && method != "OPTIONS" {
		return
	}
	for i := range h.Fields {
		f := &h.Fields[i]
		if n, ok := decimal(f.Value); f.Known == MaxForwards && ok && n > 0 {
			h.hopsLeft = n - 1
			h.renew(f)
		}
	}
}
