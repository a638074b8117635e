package wire

// noteHost reads a Host field. The authority of the target, where there is one,
// takes its place (RFC 9112 section 3.2.2).
func (h *Head) noteHost(f *Field) *Error {
	switch {
	case h.hosted:
		return bad("there are two Host fields")
	case !validHost(f.Value):
		return bad("Host is not a host")
	}
	h.hosted = true
	if h.target.absolute {
		f.Value = h.target.authority
		h.renew(f)
	} else if !f.plain() {
		h.renew(f)
	}
	return nil
}

// validHost says whether b is empty, or a host with or without a port (RFC 9110
// section 7.2). A comma, though RFC 3986 allows it, is more likely a list.
func validHost(b []byte) bool {
	host := span(b, hostByte)
	if host == 0 && len(b) > 0 && b[0] == '[' {
		host = 1
		for host < len(b) && (classes[b[host]]&hostByte != 0 || b[host] == ':') {
			host++
		}
		if host == 1 || host == len(b) || b[host] != ']' {
			return false
		}
		host++
	}
	if host == len(b) {
		return true
	}
	port := b[host+1:]
	return host > 0 && b[host] == ':' && span(port, digitByte) == len(port)
}
