package fault

import (
	"maps"
	"slices"

	"github.com/poise-dev/poise/policies"
)

// rewrite returns what r changes in the head of an answer (nil: nothing), and
// whether all that it says of head and body can be done. An answer to HEAD, or
// with a status that has no body, gets none.
func rewrite(r *policies.Response, h Head, head bool) (edit *Edit, whole bool) {
	status := h.Status
	if r.Status != 0 {
		status = r.Status
	}
	body := r.RewritesBody() && !head && mayHaveBody(status)
	whole = !r.RewritesBody() || body || *r.Body == "" && !mayHaveBody(status)
	if r.Status == 0 && r.Headers == nil && !body {
		return nil, whole
	}
	edit = &Edit{Status: r.Status}
	switch {
	case body:
		edit.replaceBody(r.Body, h.Status)
	case !mayHaveBody(status), !head && !mayHaveBody(h.Status):
		// A body begins or ceases to exist: there is none, and that is declared.
		edit.replaceBody(new(string), h.Status)
	}
	if r.Headers != nil {
		edit.addHeaders(r.Headers)
	}
	return edit, whole
}

// replaceBody puts a body in the place of the upstream's, and drops the fields
// that described that one. Part of a body becomes a whole one.
func (e *Edit) replaceBody(body *string, was int) {
	e.Body = body
	e.Remove = append(e.Remove, "Accept-Ranges", "Content-Digest", "Content-Encoding", "Content-Md5",
		"Content-Range", "Digest", "Etag", "Last-Modified", "Repr-Digest", "Trailer")
	if e.Status == 0 && was == statusPartial {
		e.Status = statusOK
	}
}

// addHeaders adds what the document says of header fields, by name.
func (e *Edit) addHeaders(h *policies.HeaderEdits) {
	for _, name := range h.Remove {
		e.Remove = append(e.Remove, policies.CanonicalName(name))
	}
	e.Set, e.Add = fieldsOf(h.Set), fieldsOf(h.Add)
}

func fieldsOf(values map[string]string) []Field {
	fields := make([]Field, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fields = append(fields, Field{policies.CanonicalName(name), values[name]})
	}
	return fields
}

// Statuses that say something about a body (RFC 9110 section 15).
const (
	statusOK          = 200
	statusNoContent   = 204
	statusPartial     = 206
	statusNotModified = 304
)

// mayHaveBody says whether an answer with the status may have a body (RFC 9110
// section 6.4.1).
func mayHaveBody(status int) bool {
	return status >= statusOK && status != statusNoContent && status != statusNotModified
}
