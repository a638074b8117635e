package http1

import (
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
	if decoded, ok := wire.DecodePath(v.path, path); ok {
		if len(decoded) != len(path) {
			v.path = decoded
		}
		path = decoded
	}
	r := &v.request
	r.Method, r.Host, r.Path, r.RawQuery = text(h.Method), text(authority), text(path), text(query)
	r.GRPC = isGRPC(h)
}

// Field implements [policies.Fields].
func (v *view) Field(name string, i int) (string, bool) { return field(v.head, name, i) }

func field(h *wire.Head, name string, i int) (string, bool) {
	for k := range h.Fields {
		f := &h.Fields[k]
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
