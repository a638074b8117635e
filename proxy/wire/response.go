package wire

// ReadResponse reads the head of an answer to a request with the given method
// into h. What is wrong with it is the upstream's fault: the status of an error
// is 502.
func ReadResponse(b, method []byte, h *Head) *Error {
	h.reset()
	start, rest, err := line(b)
	if err == nil {
		err = h.statusLine(start)
	}
	if err == nil {
		err = h.fields(rest)
	}
	if err == nil {
		err = h.checkResponse(method)
	}
	if err != nil {
		return &Error{502, err.Why}
	}
	return nil
}

// statusLine reads "HTTP/1.x 200 reason"; the reason may be empty, and its space
// missing.
func (h *Head) statusLine(b []byte) *Error {
	h.Start = b
	if len(b) < 12 || b[8] != ' ' || (len(b) > 12 && b[12] != ' ') {
		return bad("the status line is not VERSION STATUS REASON")
	}
	if err := h.version(b[:8]); err != nil {
		return err
	}
	for _, c := range b[9:12] {
		if c < '0' || c > '9' {
			return bad("the status is not a number")
		}
		h.Status = h.Status*10 + int(c-'0')
	}
	if h.Status < 100 || h.Status > 599 {
		return bad("the status is not one of HTTP")
	}
	if len(b) > 13 {
		h.Reason = b[13:]
		if !all(h.Reason, valueByte) {
			return bad("the reason holds control characters")
		}
	}
	return nil
}

// checkResponse finds how the body is framed (RFC 9112 section 6.3).
func (h *Head) checkResponse(method []byte) *Error {
	if h.Body.Chunked && h.Body.Length >= 0 {
		return bad("there is both Content-Length and Transfer-Encoding")
	}
	if h.Body.Chunked && h.Minor == 0 {
		return bad("HTTP/1.0 has no Transfer-Encoding")
	}
	if h.Minor == 0 && !h.Has(Connection, "keep-alive") {
		h.Close = true
	}
	if h.Bodiless(method) {
		h.Body = Body{Length: 0}
		return nil
	}
	if !h.Body.Chunked && h.Body.Length < 0 {
		h.Close = true // the end of the connection is the end of the body
	}
	return nil
}

// Bodiless says whether an answer has no body, whatever its fields say.
func (h *Head) Bodiless(method []byte) bool {
	return string(method) == "HEAD" || h.Status < 200 || h.Status == 204 || h.Status == 304
}
