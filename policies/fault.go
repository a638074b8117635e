package policies

import "strings"

// String returns the fault in words: "delay 400ms, then abort 503".
func (f *Fault) String() string {
	var words []string
	if f.Delay != nil {
		words = append(words, f.Delay.String())
	}
	if f.Abort != nil {
		words = append(words, f.Abort.String())
	}
	return strings.Join(words, ", then ")
}

// applies tells whether anything of the fault can be done to the request. A
// gRPC status needs a gRPC request; what stands beside it does not.
func (f *Fault) applies(r *Request) bool {
	return f.Abort == nil || f.Abort.Applies(r.GRPC) ||
		f.Delay != nil || f.Response != nil || f.Throttle != nil || f.WebSocket != nil
}
