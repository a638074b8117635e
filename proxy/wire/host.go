package wire

import "bytes"

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
// section 7.2).
func validHost(b []byte) bool {
	_, ok := splitPort(b)
	return ok || len(b) == 0
}

// splitPort returns the port of "host:port", nil where there is none. A comma in
// the host, though RFC 3986 allows it, is more likely a list.
func splitPort(b []byte) (port []byte, ok bool) {
	host := span(b, hostByte)
	if host == 0 {
		host = spanAddress(b)
	}
	switch {
	case host == 0:
		return nil, false
	case host == len(b):
		return nil, true
	}
	port = b[host+1:]
	return port, b[host] == ':' && span(port, digitByte) == len(port)
}

// spanAddress returns the length of the address in brackets that b begins with,
// 0: none.
func spanAddress(b []byte) int {
	if len(b) == 0 || b[0] != '[' {
		return 0
	}
	end := bytes.IndexByte(b, ']')
	for i := 1; i < end; i++ {
		if b[i] != ':' && classes[b[i]]&hostByte == 0 {
			return 0
		}
	}
	if end < 2 {
		return 0
	}
	return end + 1
}
