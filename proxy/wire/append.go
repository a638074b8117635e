package wire

// Forward says how a head is changed on its way. The zero Forward only leaves
// out what ends at this hop (RFC 9110 section 7.6.1).
type Forward struct {
	// Add are whole lines, line ends included, put behind the fields.
	Add []byte
	// Drop says which further fields are left out. Nil: none.
	Drop func(name []byte) bool
	// Upgrade: pass Connection: upgrade and the Upgrade field on.
	Upgrade bool
	// Plain: the body is sent without chunks, until the connection ends.
	Plain bool
	// Close: say that the connection is closed after this message.
	Close bool
}

// Unchanged says whether a head goes on as it came, to the byte.
func (h *Head) Unchanged(f *Forward) bool {
	return h.Minor == 1 && len(f.Add) == 0 && f.Drop == nil && !f.Plain && !f.Close && h.hopless()
}

// hopless says whether no field ends here: chunked framing, which goes on as it
// is, apart.
func (h *Head) hopless() bool {
	return h.hops == 0 || (h.hops == 1 && h.Body.Chunked)
}

// AppendRequest appends the head as it is forwarded: with our own version, all
// else in its order, case and spacing.
func (h *Head) AppendRequest(to []byte, f *Forward) []byte {
	to = append(to, h.Method...)
	to = append(to, ' ')
	to = append(to, h.Target...)
	to = append(to, " HTTP/1.1\r\n"...)
	return h.appendFields(to, f)
}

// AppendResponse appends the head of an answer as it is forwarded.
func (h *Head) AppendResponse(to []byte, f *Forward) []byte {
	to = append(to, "HTTP/1.1"...)
	to = append(to, h.Start[8:]...)
	to = append(to, "\r\n"...)
	return h.appendFields(to, f)
}

func (h *Head) appendFields(to []byte, f *Forward) []byte {
	length := false
	for i := range h.Fields {
		field := &h.Fields[i]
		if field.Known == ContentLength && length {
			continue
		}
		length = length || field.Known == ContentLength
		if h.passes(field, f) {
			to = append(to, field.Line...)
		}
	}
	if f.Upgrade && h.Upgrade != nil {
		to = append(to, "Connection: Upgrade\r\nUpgrade: "...)
		to = append(to, h.Upgrade...)
		to = append(to, "\r\n"...)
	}
	if h.Has(TE, "trailers") {
		to = append(to, "TE: trailers\r\n"...)
	}
	if f.Close {
		to = append(to, "Connection: close\r\n"...)
	}
	to = append(to, f.Add...)
	return append(to, "\r\n"...)
}

// passes says whether a field goes on.
func (h *Head) passes(field *Field, f *Forward) bool {
	switch field.Known {
	case Connection, KeepAlive, ProxyConnection, TE, Upgrade:
		return false
	case TransferEncoding:
		return !f.Plain
	case Host, ContentLength:
		return true // nobody may nominate these away
	default:
	}
	if h.nominated && h.names(field.Name) {
		return false
	}
	return f.Drop == nil || !f.Drop(field.Name)
}

// names says whether a Connection field names another field, which then ends
// here too.
func (h *Head) names(name []byte) bool {
	for i := range h.Fields {
		if h.Fields[i].Known != Connection {
			continue
		}
		for option := range options(h.Fields[i].Value) {
			if equalFold(option, name) {
				return true
			}
		}
	}
	return false
}

func equalFold(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
