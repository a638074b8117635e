package policies

import "time"

// APIVersion is the only version of the documents that exists today.
const APIVersion = "poise.dev/v1alpha1"

// Kind names a kind of document.
type Kind string

// The kinds of document.
const (
	KindFaultPolicy  Kind = "FaultPolicy"
	KindHypothesis   Kind = "Hypothesis"
	KindVerification Kind = "Verification"
)

// Document is one parsed document: its head and the body of its kind. Exactly
// one of Policy, Hypothesis and Verification is set.
type Document struct {
	Kind         Kind
	Metadata     Metadata
	Policy       *FaultPolicy
	Hypothesis   *Hypothesis
	Verification *Verification

	// Origin tells where the document was read.
	Origin Position
	// places holds the position of every field that was written, by path
	// ("spec.percentage"), so that later steps point at the right line.
	places map[string]Position
}

// Metadata names a document.
type Metadata struct {
	Name   string            `yaml:"name" required:"true" doc:"Name of the document: an RFC 1123 label, unique by kind."`
	Labels map[string]string `yaml:"labels" doc:"Free labels, carried along and never interpreted."`
}

// Position is a place in a file. Line and Column count from 1; zero means
// unknown.
type Position struct {
	File   string
	Line   int
	Column int
}

// FaultPolicy is the spec of a FaultPolicy: which requests, which fault, how
// many.
type FaultPolicy struct {
	Listener      string      `yaml:"listener" doc:"Listener the policy acts on. Default: every listener."`
	Order         *int        `yaml:"order" doc:"Lower is tried first, ties by name. Default 100."`
	Match         []Condition `yaml:"match" doc:"Entries are OR, the conditions in one entry AND. Default: every request."`
	Exclude       []Condition `yaml:"exclude" doc:"Same form as match, and wins over it."`
	Percentage    *Percent    `yaml:"percentage" doc:"Percent of eligible requests that go to the fault arm. Required unless failFirst or headerControl is given; beside headerControl, 100 if left out."`
	Assign        *Assign     `yaml:"assign" doc:"How requests are assigned to arms. Default: by request."`
	Seed          *uint64     `yaml:"seed" doc:"Makes decisions repeatable. Default: random, and for sticky assignment a hash of the policy's name."`
	Fault         *Fault      `yaml:"fault" doc:"What happens to a request of the fault arm."`
	Limits        *Limits     `yaml:"limits" doc:"Upper bounds, all enforced together."`
	FailFirst     *int        `yaml:"failFirst" min:"1" doc:"Instead of percentage: the first n eligible requests meet the fault, then none."`
	HeaderControl bool        `yaml:"headerControl" doc:"Obey x-envoy-fault-* request headers, within this policy's percentage and limits. Without them, fault applies if there is one."`
	Expires       *time.Time  `yaml:"expires" doc:"Hard end of the policy: from then on it does nothing, whatever lease it has."`
}

// Condition is one entry of a match: all that is set must hold.
type Condition struct {
	Methods []string         `yaml:"methods" doc:"Request methods, case-sensitive (RFC 9110 section 9.1)."`
	Path    *PathMatch       `yaml:"path" doc:"Request path, percent-decoded once."`
	Host    *HostMatch       `yaml:"host" doc:"Host of the request; port ignored, case-insensitive."`
	Headers []HeaderMatch    `yaml:"headers" doc:"Header fields; a field sent twice matches if any value does."`
	Query   []ParameterMatch `yaml:"query" doc:"Query parameters; any value of the key may match."`
	Cookies []ParameterMatch `yaml:"cookies" doc:"Cookies; a cookie sent twice matches if any value does."`
	Source  *SourceMatch     `yaml:"source" doc:"The peer; forwarding headers do not count."`
	GRPC    *GRPCMatch       `yaml:"grpc" doc:"gRPC service and method."`
}

// PathMatch matches a request path. Exactly one field is set.
type PathMatch struct {
	Exact  string `yaml:"exact" doc:"The whole path."`
	Prefix string `yaml:"prefix" doc:"Leading whole segments; a trailing slash is ignored."`
	Glob   string `yaml:"glob" doc:"* stands for one segment or a part of it, ** for any number of segments."`
	Regex  string `yaml:"regex" doc:"RE2, anchored as written."`
}

// HostMatch matches a host. Exactly one field is set.
type HostMatch struct {
	Exact string `yaml:"exact" doc:"The whole host name."`
	Glob  string `yaml:"glob" doc:"* stands for one or more labels, or a part of one."`
	Regex string `yaml:"regex" doc:"RE2, anchored as written, against the lower-case host."`
}

// HeaderMatch matches one header field. Exactly one of the tests is set.
type HeaderMatch struct {
	Name       string `yaml:"name" required:"true" doc:"Field name, case-insensitive."`
	ValueMatch `yaml:",inline"`
}

// ParameterMatch matches one query parameter or cookie. Exactly one of the
// tests is set.
type ParameterMatch struct {
	Name       string `yaml:"name" required:"true" doc:"Cookie or parameter name, case-sensitive."`
	ValueMatch `yaml:",inline"`
}

// ValueMatch is a test of a value. Exactly one field is set.
type ValueMatch struct {
	Exact    *string `yaml:"exact" doc:"The whole value."`
	Prefix   *string `yaml:"prefix" doc:"Start of the value."`
	Suffix   *string `yaml:"suffix" doc:"End of the value."`
	Contains *string `yaml:"contains" doc:"Part of the value."`
	Regex    *string `yaml:"regex" doc:"RE2, anchored as written."`
	Present  *bool   `yaml:"present" doc:"true: the name is there, whatever its value; false: it is not."`
}

// SourceMatch matches the peer of the connection. One address or one identity
// of the lists is enough; when both lists are given, both must match.
type SourceMatch struct {
	CIDRs      []Prefix `yaml:"cidrs" doc:"Peer addresses, as CIDR or single address."`
	Identities []string `yaml:"identities" doc:"mTLS identities (URI or DNS SAN) of the peer."`
}

// GRPCMatch matches gRPC requests by service and method; an empty field
// matches any.
type GRPCMatch struct {
	Service string `yaml:"service" doc:"Full service name, package included."`
	Method  string `yaml:"method" doc:"Method name."`
}

// Limits bounds what a policy may do. Zero or absent means no bound. What they
// hold back is counted by reason.
type Limits struct {
	MaxConcurrent int      `yaml:"maxConcurrent" min:"1" doc:"Faults in progress at the same time."`
	MaxPerSecond  float64  `yaml:"maxPerSecond" doc:"Faults begun in a second, with a burst of one second."`
	MaxTotal      int64    `yaml:"maxTotal" min:"1" doc:"Faults since the policy last changed."`
	MaxShare      *Percent `yaml:"maxShare" doc:"Percent of all requests of the listener over the last 10 s."`
}

// Fault is what happens to a request of the fault arm: first the delay, then
// throttle and response faults, then the abort. At least one is set.
type Fault struct {
	Delay     *Delay     `yaml:"delay" doc:"Hold the request back."`
	Abort     *Abort     `yaml:"abort" doc:"Answer in place of the upstream, or break the connection."`
	Response  *Response  `yaml:"response" doc:"Rewrite what the upstream answered."`
	Throttle  *Throttle  `yaml:"throttle" doc:"Slow the body down."`
	WebSocket *WebSocket `yaml:"websocket" doc:"Break an upgraded connection."`
}

// Phase says when a fault acts.
type Phase string

// The phases of a fault.
const (
	PhaseRequest  Phase = "request"
	PhaseResponse Phase = "response"
	PhaseEvent    Phase = "event"
)

// Delay is one delay for each request. Exactly one distribution is set.
type Delay struct {
	Fixed     *Duration  `yaml:"fixed" doc:"Always this long."`
	Uniform   *Uniform   `yaml:"uniform" doc:"Between min and max, all equally likely."`
	Normal    *Normal    `yaml:"normal" doc:"Gaussian, cut off at zero."`
	Lognormal *Lognormal `yaml:"lognormal" doc:"Log-normal, given by its median and p99 or sigma."`
	Pareto    *Pareto    `yaml:"pareto" doc:"Pareto: scale is the least delay, shape how heavy the tail is."`
	Quantiles *Quantiles `yaml:"quantiles" doc:"Straight lines between the quantiles given."`
	Max       *Duration  `yaml:"max" doc:"No delay is longer than this."`
	Phase     Phase      `yaml:"phase" enum:"request,response,event" doc:"request (default), response: after the upstream answered, event: each server-sent event or message."`
}

// Uniform is a delay between Min and Max.
type Uniform struct {
	Min Duration `yaml:"min" required:"true" doc:"Shortest delay."`
	Max Duration `yaml:"max" required:"true" doc:"Longest delay."`
}

// Normal is a Gaussian delay, cut off at zero.
type Normal struct {
	Mean   Duration `yaml:"mean" required:"true" doc:"Mean before cutting off."`
	StdDev Duration `yaml:"stddev" required:"true" doc:"Standard deviation before cutting off."`
}

// Lognormal is a delay whose logarithm is Gaussian. One of P99 and Sigma is
// set.
type Lognormal struct {
	Median Duration  `yaml:"median" required:"true" doc:"Half of the delays are shorter."`
	P99    *Duration `yaml:"p99" doc:"99 in 100 are shorter."`
	Sigma  *float64  `yaml:"sigma" doc:"Standard deviation of the logarithm."`
}

// Pareto is a delay with a power-law tail: P(delay > x) = (scale/x)^shape.
type Pareto struct {
	Scale Duration `yaml:"scale" required:"true" doc:"Shortest delay."`
	Shape float64  `yaml:"shape" required:"true" doc:"Tail exponent; the mean is finite above 1."`
}

// Quantiles is a delay given by its median and tail.
type Quantiles struct {
	P50 Duration `yaml:"p50" required:"true" doc:"Half of the delays are shorter."`
	P95 Duration `yaml:"p95" required:"true" doc:"95 in 100 are shorter."`
	P99 Duration `yaml:"p99" required:"true" doc:"99 in 100 are shorter."`
}

// Abort answers in place of the upstream. Exactly one of Status, GRPCStatus
// and Connection is set.
type Abort struct {
	Status      int               `yaml:"status" min:"200" max:"599" doc:"HTTP status to answer."`
	Body        string            `yaml:"body" doc:"Body to answer; with status only. Default: empty."`
	ContentType string            `yaml:"contentType" doc:"Content-Type of the body; with status only."`
	Headers     map[string]string `yaml:"headers" doc:"Header fields of the answer; with status only."`
	GRPCStatus  *GRPCCode         `yaml:"grpcStatus" doc:"gRPC status to answer, by name or number."`
	GRPCMessage string            `yaml:"grpcMessage" doc:"Message beside grpcStatus."`
	Connection  Break             `yaml:"connection" enum:"reset,close,hang" doc:"Break the connection: reset (TCP RST), close (FIN, no answer), hang (for timeout, then close)."`
	Timeout     *Duration         `yaml:"timeout" doc:"How long connection: hang holds the request. Default 60s."`
	Phase       Phase             `yaml:"phase" enum:"request,response" doc:"request (default): the upstream is not called; response: after it was called."`
}

// Break is a way to end a connection without an answer.
type Break string

// The ways to end a connection.
const (
	BreakReset Break = "reset"
	BreakClose Break = "close"
	BreakHang  Break = "hang"
)

// Response rewrites what the upstream answered.
type Response struct {
	Status        int          `yaml:"status" min:"200" max:"599" doc:"Status in place of the upstream's."`
	Body          *string      `yaml:"body" doc:"Body in place of the upstream's."`
	Headers       *HeaderEdits `yaml:"headers" doc:"Header fields to set, add or remove."`
	TruncateAfter *Size        `yaml:"truncateAfter" doc:"Stop after so many body bytes; the declared length stays."`
	ResetAfter    *Size        `yaml:"resetAfter" doc:"Reset the connection after so many body bytes."`
	Corrupt       *Corrupt     `yaml:"corrupt" doc:"Change body bytes."`
}

// HeaderEdits changes header fields.
type HeaderEdits struct {
	Set    map[string]string `yaml:"set" doc:"Replace or create."`
	Add    map[string]string `yaml:"add" doc:"Append."`
	Remove []string          `yaml:"remove" doc:"Delete."`
}

// Corrupt changes body bytes.
type Corrupt struct {
	Percentage Percent `yaml:"percentage" required:"true" doc:"Percent of bytes changed."`
}

// Throttle slows bodies down.
type Throttle struct {
	Download *Rate `yaml:"download" doc:"Upstream to caller."`
	Upload   *Rate `yaml:"upload" doc:"Caller to upstream."`
}

// WebSocket breaks an upgraded connection.
type WebSocket struct {
	CloseCode int       `yaml:"closeCode" min:"1000" max:"4999" doc:"Close code to send (RFC 6455 section 7.4): 1000 to 1014 as far as defined, or 3000 to 4999."`
	After     *Duration `yaml:"after" doc:"How long after the upgrade; with closeCode only. Default: at once."`
	DropEvery int       `yaml:"dropEvery" min:"1" doc:"Drop every n-th message, counted by direction."`
}
