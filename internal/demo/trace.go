package demo

import (
	"fmt"
	"net/http"
	"strings"
)

// passTrace lets the call out belong to the same trace as the request in: the
// trace id stays, the parent becomes span, and tracestate and baggage travel
// along. A request without a trace, or with one that is malformed, begins none.
// The source is W3C Trace Context, https://www.w3.org/TR/trace-context/.
func passTrace(out, in http.Header, span uint64) {
	parent, ok := childOf(in.Get("Traceparent"), span)
	if !ok {
		return
	}
	out.Set("Traceparent", parent)
	for _, name := range []string{"Tracestate", "Baggage"} {
		if values := in.Values(name); len(values) > 0 {
			out[name] = values
		}
	}
}

// childOf returns the traceparent of a call made on behalf of parent. It is
// false when parent is not a traceparent.
func childOf(parent string, span uint64) (child string, ok bool) {
	const shape = "00-tttttttttttttttttttttttttttttttt-pppppppppppppppp-ff"
	if len(parent) < len(shape) || strings.HasPrefix(parent, "ff") {
		return "", false
	}
	head, rest := parent[:len(shape)], parent[len(shape):]
	// A later version may say more after a dash; version 00 may not.
	if rest != "" && (strings.HasPrefix(parent, "00") || rest[0] != '-') {
		return "", false
	}
	for i := range len(head) {
		if dash := shape[i] == '-'; dash != (head[i] == '-') || !dash && !isHex(head[i]) {
			return "", false
		}
	}
	trace, caller, flags := head[3:35], head[36:52], head[53:55]
	if strings.Trim(trace, "0") == "" || strings.Trim(caller, "0") == "" {
		return "", false
	}
	return fmt.Sprintf("00-%s-%016x-%s", trace, max(span, 1), flags), true
}

// isHex reports whether c is a digit as trace context writes them: lower case.
func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }
