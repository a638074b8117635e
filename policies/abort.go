package policies

import (
	"strconv"
	"time"
)

// hangTime is how long a hang lasts if its document does not say.
const hangTime = 60 * time.Second

// Applies tells whether the abort can answer a request that is, or is not, a
// gRPC request: a gRPC status has no meaning elsewhere.
func (a *Abort) Applies(grpc bool) bool { return grpc || a.GRPCStatus == nil }

// Hang returns how long the abort holds a request before it breaks the
// connection; 0 if it does not.
func (a *Abort) Hang() time.Duration {
	switch {
	case a.Connection != BreakHang:
		return 0
	case a.Timeout == nil:
		return hangTime
	default:
		return time.Duration(*a.Timeout)
	}
}

// String returns the abort in words: "abort 503", "abort gRPC UNAVAILABLE",
// "reset the connection".
func (a *Abort) String() string {
	var words string
	switch {
	case a.GRPCStatus != nil:
		words = "abort gRPC " + a.GRPCStatus.String()
	case a.Connection == BreakHang:
		words = "hang for " + Duration(a.Hang()).String() + ", then close the connection"
	case a.Connection != "":
		words = string(a.Connection) + " the connection"
	default:
		words = "abort " + strconv.Itoa(a.Status)
	}
	if a.Phase == PhaseResponse {
		words += " after the upstream was called"
	}
	return words
}
