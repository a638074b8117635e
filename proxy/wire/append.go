package wire

import "strconv"

// Forward says how a head is changed on its way. The zero Forward only leaves
// out what ends at this hop (RFC 9110 section 7.6.1).
type Forward struct {
	// Add are whole lines, line ends included, put behind the fields.
	Add []byte
	// Drop says which further fields are left out. Nil: none.
	Drop func(name []byte) bool
	// Host is what a request that names no host, which is one of HTTP/1.0, is
	// sent with.
	Host []byte
	// Upgrade: pass Connection: upgrade and the Upgrade field on.
	Upgrade bool
	// Plain: the body is sent without chunks, and so without trailers, until the
	// connection ends.
	Plain bool
	// Close: say that the connection is closed after this message.
	Close bool
}

// Unchanged says whether a head goes on as it came, to the byte.
func (h *Head) Unchanged(f *Forward) bool {
	return !h.touched && len(f.Add) == 0 && f.Drop == nil && !f.Plain && !f.Close
}

// AppendRequest appends the head as it is forwarded: with our own version, all
// else in its order, case and spacing. What frames and routes the message is
// written plainly: a target in absolute form as a path behind its Host, and
// Content-Length, Transfer-Encoding and Host without decoration.
func (h *Head) AppendRequest(to []byte, f *Forward) []byte {
	to = append(to, h.Method...)
	to = append(to, ' ')
	to = h.appendTarget(to)
	to = append(to, " HTTP/1.1\r\n"...)
	if !h.hosted {
		host := f.Host
		if h.target.authority != nil {
			host = h.target.authority
		}
		to = appendLine(to, []byte("Host"), host)
	}
	to = h.appendFields(to, f)
	return h.appendConnection(to, f, h.trailers)
}

// AppendResponse appends the head of an answer as it is forwarded.
func (h *Head) AppendResponse(to []byte, f *Forward) []byte {
	to = append(to, "HTTP/1.1"...)
	to = append(to, h.Start[8:]...)
	to = append(to, "\r\n"...)
	to = h.appendFields(to, f)
	return h.appendConnection(to, f, false)
}

func (h *Head) appendFields(to []byte, f *Forward) []byte {
	for i := range h.Fields {
		field := &h.Fields[i]
		switch {
		case field.fate == ends, f.Drop != nil && f.Drop(field.Name):
		case f.Plain && (field.Known == TransferEncoding || field.Known == Trailer):
		case field.fate == goesOn:
			to = append(to, field.Line...)
		case field.Known == MaxForwards:
			var digits [20]byte
			to = appendLine(to, field.Name, strconv.AppendInt(digits[:0], h.hopsLeft, 10))
		default:
			to = appendLine(to, field.Name, field.Value)
		}
	}
	return to
}

// appendConnection appends what is said to the next hop alone, the lines that
// are added, and the end of the head.
func (h *Head) appendConnection(to []byte, f *Forward, trailers bool) []byte {
	upgrade := f.Upgrade && h.Upgrade != nil
	switch {
	case upgrade && f.Close:
		to = append(to, "Connection: Upgrade, close\r\n"...)
	case upgrade:
		to = append(to, "Connection: Upgrade\r\n"...)
	case f.Close:
		to = append(to, "Connection: close\r\n"...)
	}
	if upgrade {
		to = appendLine(to, []byte("Upgrade"), h.Upgrade)
	}
	if trailers {
		to = append(to, "TE: trailers\r\n"...)
	}
	to = append(to, f.Add...)
	return append(to, "\r\n"...)
}

func appendLine(to, name, value []byte) []byte {
	to = append(to, name...)
	to = append(to, ": "...)
	to = append(to, value...)
	return append(to, "\r\n"...)
}
