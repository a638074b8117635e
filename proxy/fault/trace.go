package fault

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"

	"github.com/poise-dev/poise/policies"
)

// traceID is the trace-id of W3C Trace Context: what ties a call to the request
// at the edge that caused it.
type traceID [16]byte

const traceparentField = "Traceparent"

// traceOf returns the trace id of a request, and false when it has none, or one
// that is not valid (https://www.w3.org/TR/trace-context/#traceparent-header).
func traceOf(f policies.Fields) (id traceID, ok bool) {
	if f == nil {
		return id, false
	}
	value, ok := f.Field(traceparentField, 0)
	if !ok {
		return id, false
	}
	if _, twice := f.Field(traceparentField, 1); twice {
		return id, false
	}
	return parseTraceparent(value)
}

// parseTraceparent reads version-traceid-parentid-flags. A version above 00 may
// carry more behind the flags; version ff is invalid, and so are ids that are
// all zero or in upper case.
func parseTraceparent(v string) (id traceID, ok bool) {
	const length = 2 + 1 + 32 + 1 + 16 + 1 + 2
	if len(v) < length || v[2] != '-' || v[35] != '-' || v[52] != '-' {
		return id, false
	}
	if v[:2] == "ff" || (len(v) > length && (v[:2] == "00" || v[length] != '-')) {
		return id, false
	}
	for _, part := range [...]string{v[:2], v[3:35], v[36:52], v[53:55]} {
		if !lowerHex(part) {
			return id, false
		}
	}
	if v[36:52] == "0000000000000000" {
		return id, false
	}
	for i := range id {
		id[i] = unhex(v[3+2*i])<<4 | unhex(v[4+2*i])
	}
	return id, id != traceID{}
}

func lowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'a' + 10
}

// newTrace makes a trace id, and the traceparent that carries it: not sampled
// (flags 00), so that following a request switches on nobody's tracing.
func newTrace() (traceID, string) {
	var id traceID
	var span [8]byte
	for i := range 2 {
		binary.BigEndian.PutUint64(id[8*i:], rand.Uint64()|1) // never all zero
	}
	binary.BigEndian.PutUint64(span[:], rand.Uint64()|1)
	text := make([]byte, 0, 55)
	text = append(text, "00-"...)
	text = hex.AppendEncode(text, id[:])
	text = append(text, '-')
	text = hex.AppendEncode(text, span[:])
	return id, string(append(text, "-00"...))
}
