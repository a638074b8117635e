package wire

// noteLength reads a Content-Length. The same length twice is one; two lengths
// are none.
func (h *Head) noteLength(f *Field) *Error {
	n, ok := decimal(f.Value)
	switch {
	case !ok:
		return bad("Content-Length is not a number")
	case h.Body.Length == n:
		h.end(f)
		return nil
	case h.Body.Length >= 0:
		return bad("there are two different lengths")
	}
	h.Body.Length = n
	for len(f.Value) > 1 && f.Value[0] == '0' { // some take it for octal
		f.Value = f.Value[1:]
	}
	if !f.plain() {
		h.renew(f)
	}
	return nil
}

// noteCoding reads a Transfer-Encoding. Chunked is the only one, once.
func (h *Head) noteCoding(f *Field) *Error {
	if h.Body.Chunked || !fold(f.Value, "chunked") {
		return &Error{501, "a transfer coding other than chunked is not understood"}
	}
	h.Body.Chunked = true
	if !f.plain() {
		h.renew(f)
	}
	return nil
}

// noteTrailer refuses an announcement of what may not come.
func noteTrailer(f *Field) *Error {
	for name := range options(f.Value) {
		if neverTrails(name) {
			return bad("Trailer announces a field that may not be a trailer")
		}
	}
	return nil
}

// checkFraming refuses what two readers could frame differently (RFC 9112
// section 6.3).
func (h *Head) checkFraming() *Error {
	switch {
	case h.Body.Chunked && h.Body.Length >= 0:
		return bad("there is both Content-Length and Transfer-Encoding")
	case h.Body.Chunked && h.Minor == 0:
		return bad("HTTP/1.0 has no Transfer-Encoding")
	}
	if h.Minor == 0 && !h.Has(Connection, "keep-alive") {
		h.Close = true
	}
	return nil
}
