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
		err = h.readFields(rest)
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
	status, ok := decimal(b[9:12])
	if !ok || status < 100 || status > 599 {
		return bad("the status is not one of HTTP")
	}
	h.Status = int(status)
	if len(b) > 13 {
		h.Reason = b[13:]
		if spanValue(h.Reason) != len(h.Reason) {
			return bad("the reason holds control characters")
		}
	}
	return nil
}

// checkResponse finds how the body is framed (RFC 9112 section 6.3).
func (h *Head) checkResponse(method []byte) *Error {
	if err := h.checkFraming(); err != nil {
		return err
	}
	h.checkUpgrade()
	framed := h.Body.Chunked || h.Body.Length > 0
	switch {
	case h.Status == 101 && h.Upgrade == nil:
		return bad("the protocol is switched to none that may be")
	case h.Status < 200 && h.Status != 101 && framed:
		return bad("an informational answer has no body")
	case h.Status < 200 || h.Status == 204 || tunnels(method, h.Status):
		// No length belongs there (RFC 9110 section 8.6). Who sends one may send
		// the body too, so the connection is not used for another answer.
		for _, k := range [...]Known{ContentLength, TransferEncoding, Trailer} {
			h.endAll(k)
		}
		h.Close = h.Close || framed
	}
	switch {
	case h.Bodiless(method):
		h.Body = Body{Length: 0}
	case !h.Body.Chunked && h.Body.Length < 0:
		h.Close = true // the end of the connection is the end of the body
	}
	return nil
}

// Bodiless says whether an answer to a method has no body, whatever its fields
// say.
func (h *Head) Bodiless(method []byte) bool {
	return h.Status < 200 || h.Status == 204 || h.Status == 304 || string(method) == "HEAD" || tunnels(method, h.Status)
}

// tunnels says whether what follows the head of an answer is a tunnel.
func tunnels(method []byte, status int) bool {
	return string(method) == "CONNECT" && status >= 200 && status < 300
}
