package policies

import (
	"maps"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// CanonicalName returns the name of a header field as [Fields] knows it:
// "X-User".
func CanonicalName(name string) string { return textproto.CanonicalMIMEHeaderKey(name) }

// RewritesBody tells whether the answer gets another body.
func (r *Response) RewritesBody() bool { return r != nil && r.Body != nil }

// DamagesBody tells whether the body is cut short or corrupted on its way, its
// header fields staying as they are.
func (r *Response) DamagesBody() bool {
	return r != nil && (r.TruncateAfter != nil || r.ResetAfter != nil || r.Corrupt != nil)
}

// String returns what is rewritten, in words: "rewrite status 501 and body",
// "truncate after 5B".
func (r *Response) String() string {
	var rewritten, words []string
	if r.Status != 0 {
		rewritten = append(rewritten, "status "+strconv.Itoa(r.Status))
	}
	if r.Body != nil {
		rewritten = append(rewritten, "body")
	}
	if r.Headers != nil {
		rewritten = append(rewritten, r.Headers.String())
	}
	if len(rewritten) > 0 {
		words = append(words, "rewrite "+strings.Join(rewritten, " and "))
	}
	if r.Corrupt != nil {
		words = append(words, "corrupt "+r.Corrupt.Percentage.String()+"% of bytes")
	}
	if r.TruncateAfter != nil {
		words = append(words, "truncate after "+r.TruncateAfter.String())
	}
	if r.ResetAfter != nil {
		words = append(words, "reset the connection after "+r.ResetAfter.String())
	}
	return strings.Join(words, ", ")
}

// String returns the names of the fields that change: "headers etag, x-a".
func (h *HeaderEdits) String() string {
	names := slices.Concat(slices.Collect(maps.Keys(h.Set)), slices.Collect(maps.Keys(h.Add)), h.Remove)
	for i, name := range names {
		names[i] = strings.ToLower(name)
	}
	slices.Sort(names)
	return "headers " + strings.Join(slices.Compact(names), ", ")
}

// String returns the throttle in words: "throttle download to 100KiB/s".
func (t *Throttle) String() string {
	var words []string
	if t.Download != nil {
		words = append(words, "download to "+t.Download.String())
	}
	if t.Upload != nil {
		words = append(words, "upload to "+t.Upload.String())
	}
	return "throttle " + strings.Join(words, " and ")
}

// String returns what happens to a websocket, in words: "close the websocket
// with 1011 after 2s".
func (w *WebSocket) String() string {
	if w.DropEvery > 0 {
		return "drop one websocket message in " + strconv.Itoa(w.DropEvery)
	}
	words := "close the websocket with " + strconv.Itoa(w.CloseCode)
	if w.After != nil {
		words += " after " + w.After.String()
	}
	return words
}
