package http1

import (
	"bytes"
	"unsafe"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/wire"
)

// view shows a head to the engine without a copy: its strings are the bytes of
// the buffer, and valid for as long as the head is. The engine keeps none.
type view struct {
	request policies.Request
	head    *wire.Head
	path    []byte // scratch for a decoded path
}

func (v *view) init(c *conn) {
	v.head = &c.request
	v.request.Source = c.peer
	v.request.Fields = v
}

// fill makes the view one of h. A path with a bad escape is matched as it came.
func (v *view) fill(h *wire.Head) {
	path, query, authority := h.Path()
	if authority == nil {
		authority = h.Value(wire.Host)
	}
	if bytes.IndexByte(path, '%') >= 0 {
		if decoded, ok := decode(v.path[:0], path); ok {
			v.path, path = decoded, decoded
		}
	}
	r := &v.request
	r.Method, r.Host, r.Path, r.RawQuery = text(h.Method), text(authority), text(path), text(query)
	r.GRPC = isGRPC(h)
}

// Field implements [policies.Fields].
func (v *view) Field(name string, i int) (string, bool) {
	for k := range v.head.Fields {
		f := &v.head.Fields[k]
		if len(f.Name) != len(name) || !equalFold(f.Name, name) {
			continue
		}
		if i == 0 {
			return text(f.Value), true
		}
		i--
	}
	return "", false
}

// text is b as a string, without a copy.
func text(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // the bytes outlive the view
}

func equalFold(b []byte, s string) bool {
	for i := range b {
		if lower(b[i]) != lower(s[i]) {
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

// decode appends path with its escapes resolved once.
func decode(to, path []byte) (_ []byte, ok bool) {
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			to = append(to, path[i])
			continue
		}
		if i+2 >= len(path) {
			return to, false
		}
		high, low := unhex(path[i+1]), unhex(path[i+2])
		if high > 15 || low > 15 {
			return to, false
		}
		to = append(to, high<<4|low)
		i += 2
	}
	return to, true
}

// unhex returns the value of a hexadecimal digit, or 255.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	default:
		return 255
	}
}
