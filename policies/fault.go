package policies

import "strings"

// String returns the fault in words: "delay 400ms, then abort 503".
func (f *Fault) String() string {
	var words []string
	if f.Delay != nil {
		words = append(words, f.Delay.String())
	}
	if f.Throttle != nil {
		words = append(words, f.Throttle.String())
	}
	if f.Response != nil {
		words = append(words, f.Response.String())
	}
	if f.WebSocket != nil {
		words = append(words, f.WebSocket.String())
	}
	if f.Abort != nil {
		words = append(words, f.Abort.String())
	}
	return strings.Join(words, ", then ")
}

// Lasts tells whether any of the fault comes after the upstream was called.
func (f *Fault) Lasts() bool {
	return f.Response != nil || f.Throttle != nil || f.WebSocket != nil ||
		f.Delay != nil && f.Delay.in(PhaseRequest) == nil ||
		f.Abort != nil && f.Abort.in(PhaseRequest) == nil
}

// Parts returns the delay and the abort that act in the phase; nil: none.
func (f *Fault) Parts(phase Phase) (*Delay, *Abort) {
	return f.Delay.in(phase), f.Abort.in(phase)
}

// Holds tells whether the fault holds a request back before the upstream is
// called.
func (f *Fault) Holds() bool {
	delay, abort := f.Parts(PhaseRequest)
	return delay != nil || abort != nil && abort.Connection == BreakHang
}

// in returns the delay if it acts in the phase, and nil otherwise.
func (d *Delay) in(phase Phase) *Delay {
	if d == nil || orRequest(d.Phase) != phase {
		return nil
	}
	return d
}

// in returns the abort if it acts in the phase, and nil otherwise.
func (a *Abort) in(phase Phase) *Abort {
	if a == nil || orRequest(a.Phase) != phase {
		return nil
	}
	return a
}

// orRequest returns the phase, request if none is said.
func orRequest(p Phase) Phase {
	if p == "" {
		return PhaseRequest
	}
	return p
}

// applies tells whether anything of the fault can be done to the request. A
// gRPC status needs a gRPC request, and what breaks a websocket a request for
// one; what stands beside them does not.
func (f *Fault) applies(r *Request) bool {
	return f.Delay != nil || f.Response != nil || f.Throttle != nil ||
		f.Abort != nil && f.Abort.Applies(r.GRPC) ||
		f.WebSocket != nil && r.asksForWebSocket()
}

// needs says what kind of request the fault needs, where it cannot be done to
// every one.
func (f *Fault) needs() string {
	if f.WebSocket != nil {
		return "a websocket"
	}
	return "a gRPC request"
}
