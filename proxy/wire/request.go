package wire

import "bytes"

// ReadRequest reads the head of a request, which ends with its empty line, into
// h.
func ReadRequest(b []byte, h *Head) *Error {
	h.reset()
	start, rest, err := line(b)
	if err != nil {
		return err
	}
	if err := h.requestLine(start); err != nil {
		return err
	}
	if err := h.fields(rest); err != nil {
		return err
	}
	return h.checkRequest()
}

// requestLine reads "METHOD target HTTP/1.x", with single spaces.
func (h *Head) requestLine(b []byte) *Error {
	h.Start = b
	one := bytes.IndexByte(b, ' ')
	two := bytes.LastIndexByte(b, ' ')
	if one < 1 || two <= one+1 || !all(b[:one], tokenByte) {
		return bad("the request line is not METHOD TARGET VERSION")
	}
	h.Method, h.Target = b[:one], b[one+1:two]
	if !all(h.Target, targetByte) {
		return bad("the request target holds characters that have no place there")
	}
	return h.version(b[two+1:])
}

// version reads HTTP/1.0 or HTTP/1.1.
func (h *Head) version(b []byte) *Error {
	if len(b) != 8 || string(b[:5]) != "HTTP/" || b[6] != '.' || b[5] < '0' || b[5] > '9' || b[7] < '0' || b[7] > '9' {
		return bad("the version is not one of HTTP")
	}
	if b[5] != '1' {
		return &Error{505, "only HTTP/1.x is spoken on this connection"}
	}
	h.Minor = min(int(b[7]-'0'), 1)
	return nil
}

// checkRequest looks at the head as a whole.
func (h *Head) checkRequest() *Error {
	hosts := 0
	for i := range h.Fields {
		if f := &h.Fields[i]; f.Known == Host {
			hosts++
			if !validHost(f.Value) {
				return bad("Host is not a host")
			}
		}
	}
	switch {
	case hosts > 1:
		return bad("there are two Host fields")
	case hosts == 0 && h.Minor == 1:
		return bad("there is no Host field")
	case h.Body.Chunked && h.Body.Length >= 0:
		return bad("there is both Content-Length and Transfer-Encoding")
	case h.Body.Chunked && h.Minor == 0:
		return bad("HTTP/1.0 has no Transfer-Encoding")
	}
	if h.Minor == 0 && !h.Has(Connection, "keep-alive") {
		h.Close = true
	}
	if !h.Body.Chunked && h.Body.Length < 0 {
		h.Body.Length = 0
	}
	return nil
}

// validHost refuses what is no host: lists, user names, white space, paths.
func validHost(b []byte) bool {
	return !bytes.ContainsAny(b, ", \t@/\\?#")
}

// Path returns the path of the target as it came, and the query without its
// question mark. A target in absolute form (http://host/path) gives its path;
// authority is its host, which then counts in place of the Host field (RFC 9112
// section 3.2.2).
func (h *Head) Path() (path, query, authority []byte) {
	path = h.Target
	if i := bytes.Index(path, []byte("://")); i > 0 && path[0] != '/' {
		path = path[i+3:]
		end := bytes.IndexAny(path, "/?")
		if end < 0 {
			end = len(path)
		}
		authority, path = path[:end], path[end:]
	}
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path, query = path[:i], path[i+1:]
	}
	return path, query, authority
}
