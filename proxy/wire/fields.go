package wire

import "bytes"

// line cuts the first line off b, and refuses a bare LF. The line comes without
// its end.
func line(b []byte) (first, rest []byte, err *Error) {
	i := bytes.IndexByte(b, '\n')
	if i < 1 || b[i-1] != '\r' {
		return nil, nil, bad("a line does not end in CR LF")
	}
	if i >= MaxLine {
		return nil, nil, &Error{414, "the first line is too long"}
	}
	return b[:i-1], b[i+1:], nil
}

// readFields reads the lines of b, up to the empty one.
func (h *Head) readFields(b []byte) *Error {
	for len(b) < 2 || b[0] != '\r' || b[1] != '\n' {
		if len(h.Fields) == MaxFields {
			return &Error{431, "there are too many header fields"}
		}
		n, err := h.readField(b)
		if err != nil {
			return err
		}
		b = b[n:]
	}
	if h.nominated > 0 {
		h.nominate()
	}
	return nil
}

// readField reads the first line of b, in one pass, and returns its length. A
// folded line begins with white space and so with no name.
func (h *Head) readField(b []byte) (n int, err *Error) {
	colon := span(b, tokenByte)
	if colon == 0 || colon == len(b) || b[colon] != ':' {
		return 0, bad("a header line has no proper name")
	}
	end := colon + 1
	end += spanValue(b[end:])
	n = end + len("\r\n")
	switch {
	case n > len(b) || b[end] != '\r' || b[end+1] != '\n':
		return 0, bad("a header value holds control characters, or does not end in CR LF")
	case n > MaxLine:
		return 0, &Error{431, "a header line is too long"}
	}
	f := h.another()
	f.Name, f.Value, f.Line = b[:colon], trim(b[colon+1:end]), b[:n]
	f.Known, f.fate = known(f.Name), goesOn
	if f.Known != Other {
		err = h.note(f)
	}
	return n, err
}

// another returns the next of h.Fields, to be filled where it stands: what an
// earlier head left there is not cleared.
func (h *Head) another() *Field {
	n := len(h.Fields)
	if n < cap(h.Fields) {
		h.Fields = h.Fields[:n+1]
	} else {
		h.Fields = append(h.Fields, Field{})
	}
	return &h.Fields[n]
}

// note learns from a field what it says about the message.
func (h *Head) note(f *Field) *Error {
	switch f.Known {
	case ContentLength:
		return h.noteLength(f)
	case TransferEncoding:
		return h.noteCoding(f)
	case Trailer:
		return noteTrailer(f)
	case Host:
		if h.Method != nil {
			return h.noteHost(f)
		}
	case Connection:
		h.end(f)
		return h.noteConnection(f.Value)
	case TE:
		h.end(f)
		h.trailers = h.trailers || holds(f.Value, "trailers")
	case Upgrade:
		h.noteUpgrade(f)
	case KeepAlive, ProxyConnection, ProxyAuthenticate, ProxyAuthenticationInfo, ProxyAuthorization:
		h.end(f)
	default:
	}
	return nil
}
