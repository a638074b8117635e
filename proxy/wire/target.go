package wire

import "bytes"

// target is a request target, taken apart.
type target struct {
	authority []byte // of http://authority/path, or of CONNECT; nil: none
	rest      []byte // path and query
	absolute  bool   // it came as http://authority/path
}

// readTarget tells the four forms of a target apart (RFC 9112 section 3.2).
func (h *Head) readTarget() *Error {
	if !all(h.Target, targetByte) {
		return bad("the request target holds characters that have no place there")
	}
	switch {
	case string(h.Method) == "CONNECT":
		if port, ok := splitPort(h.Target); !ok || len(port) == 0 {
			return bad("the target of CONNECT is not host:port")
		}
		h.target.authority = h.Target
	case h.Target[0] == '/':
		h.target.rest = h.Target
	case string(h.Target) == "*":
		if string(h.Method) != "OPTIONS" {
			return bad("only OPTIONS has the target *")
		}
		h.target.rest = h.Target
	default:
		return h.readAbsolute()
	}
	return nil
}

// readAbsolute reads http://authority/path?query.
func (h *Head) readAbsolute() *Error {
	scheme, rest, ok := bytes.Cut(h.Target, []byte("://"))
	if !ok || (!fold(scheme, "http") && !fold(scheme, "https")) {
		return bad("the request target is neither a path nor an http URI")
	}
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 || !validHost(rest[:end]) {
		return bad("the request target names no host")
	}
	h.target = target{authority: rest[:end], rest: rest[end:], absolute: true}
	h.touched = true // it goes on as a path
	return nil
}

// appendTarget appends the target as an origin server is sent it (RFC 9112
// sections 3.2.1 and 3.2.4).
func (h *Head) appendTarget(to []byte) []byte {
	if !h.target.absolute {
		return append(to, h.Target...)
	}
	path, query, _ := h.Path()
	to = append(to, path...)
	if query != nil {
		to = append(append(to, '?'), query...)
	}
	return to
}

// Path returns the path of the target as it came, and the query without its
// question mark. A target in absolute form (http://host/path) gives its path;
// authority is its host, which then counts in place of the Host field (RFC 9112
// section 3.2.2). The target of CONNECT is an authority and nothing else.
func (h *Head) Path() (path, query, authority []byte) {
	path = h.target.rest
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path, query = path[:i], path[i+1:]
	}
	if len(path) == 0 && h.target.absolute {
		path = []byte("/")
		if string(h.Method) == "OPTIONS" && query == nil {
			path = []byte("*")
		}
	}
	return path, query, h.target.authority
}
