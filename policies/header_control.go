package policies

import (
	"strconv"
	"time"
)

// wish is the fault that a request asks for by its own header fields, in the
// words of Envoy's fault filter
// (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/fault_filter).
// Each part has a chance of its own, and a coin of its own.
type wish struct {
	fault                  Fault
	delay, abort, throttle Percent
}

// The header fields of Envoy's fault filter. Of a field sent twice the first
// value counts; what is malformed or out of range is as if it were not there.
const (
	wishDelay         = "X-Envoy-Fault-Delay-Request" // milliseconds
	wishDelayShare    = "X-Envoy-Fault-Delay-Request-Percentage"
	wishAbort         = "X-Envoy-Fault-Abort-Request" // 200 to 599
	wishAbortGRPC     = "X-Envoy-Fault-Abort-Grpc-Request"
	wishAbortShare    = "X-Envoy-Fault-Abort-Request-Percentage"
	wishThrottle      = "X-Envoy-Fault-Throughput-Response" // KiB a second
	wishThrottleShare = "X-Envoy-Fault-Throughput-Response-Percentage"
)

// lastGRPC is the highest gRPC status there is.
const lastGRPC = 16

// wishText is what Envoy answers in place of the upstream.
const wishText = "fault filter abort"

// wishWords tells people what a policy does that obeys.
const wishWords = "what x-envoy-fault-* headers ask for"

// wish returns what the request asks of the policy; nil: nothing, or the policy
// does not obey.
func (p *Policy) wish(r *Request) *wish {
	if !p.HeaderControl {
		return nil
	}
	var w wish
	if ms, ok := r.number(wishDelay, uint64(time.Hour*24/time.Millisecond)); ok && ms > 0 {
		d := Duration(ms) * Duration(time.Millisecond) //nolint:gosec // a day at most
		w.fault.Delay, w.delay = &Delay{Fixed: &d}, p.capped(r, wishDelayShare)
	}
	if w.fault.Abort = wishedAbort(r); w.fault.Abort != nil {
		w.abort = p.capped(r, wishAbortShare)
	}
	if kib, ok := r.number(wishThrottle, 1<<40); ok && kib > 0 {
		rate := Rate(kib << 10) //nolint:gosec // 2⁵⁰ at most
		w.fault.Throttle, w.throttle = &Throttle{Download: &rate}, p.capped(r, wishThrottleShare)
	}
	if w.fault == (Fault{}) {
		return nil
	}
	kept := w // only what asks for something costs an allocation
	return &kept
}

// wishedAbort returns the abort that the request asks for, or nil. An HTTP
// status beats a gRPC one.
func wishedAbort(r *Request) *Abort {
	if status, ok := r.number(wishAbort, mostStatus); ok && status >= 200 {
		return &Abort{Status: int(status), Body: wishText, ContentType: "text/plain"} //nolint:gosec // 599 at most
	}
	if number, ok := r.number(wishAbortGRPC, lastGRPC); ok {
		code := GRPCCode(number) //nolint:gosec // 16 at most
		return &Abort{GRPCStatus: &code, GRPCMessage: wishText}
	}
	return nil
}

// capped returns the chance that the request asks for: never above that of the
// policy, and that one if it asks for none.
func (p *Policy) capped(r *Request, name string) Percent {
	percent, ok := r.number(name, 1<<32-1)
	if !ok || percent >= 100 {
		return p.Share
	}
	return min(p.Share, Percent(percent*percentStep))
}

// number reads a header field that holds a number from 0 to most.
func (r *Request) number(name string, most uint64) (uint64, bool) {
	text, ok := r.first(inHeader, name)
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(text, 10, 64)
	return number, err == nil && number <= most
}

// draw tosses a coin for each part of the wish and returns the parts that were
// drawn; nil: none.
func (w *wish) draw(coin func() uint32) *Fault {
	drawn := Fault{}
	if w.fault.Delay != nil && coin() < uint32(w.delay) {
		drawn.Delay = w.fault.Delay
	}
	if w.fault.Throttle != nil && coin() < uint32(w.throttle) {
		drawn.Throttle = w.fault.Throttle
	}
	if w.fault.Abort != nil && coin() < uint32(w.abort) {
		drawn.Abort = w.fault.Abort
	}
	if drawn == (Fault{}) {
		return nil
	}
	return &drawn
}
