package policies

import "strings"

// traits are what makes a request special: it meets no fault unless a policy
// speaks of the trait by name.
type traits uint8

// The traits of a request.
const (
	// healthCheck: a probe of an orchestrator or load balancer.
	healthCheck traits = 1 << iota
	// marked: another poise has dealt with this request.
	marked
)

const (
	// markField is the header field by which one poise tells the next.
	markField = "X-Poise-Fault"
	// healthService is the gRPC health checking protocol.
	healthService = "grpc.health.v1.Health"
)

// traitsOf returns the traits of a request.
func traitsOf(r *Request) traits {
	var has traits
	r.values(inHeader, "User-Agent", func(agent string) bool {
		if isProbe(agent) {
			has |= healthCheck
		}
		return true
	})
	if service, _, ok := r.rpc(); ok && service == healthService {
		has |= healthCheck
	}
	if _, ok := r.first(inHeader, markField); ok {
		has |= marked
	}
	return has
}

// isProbe tells whether a user agent is that of a health check: of Kubernetes,
// of Google's and of Amazon's load balancers.
func isProbe(agent string) bool {
	return strings.HasPrefix(agent, "kube-probe/") ||
		strings.HasPrefix(agent, "GoogleHC/") ||
		strings.HasPrefix(agent, "ELB-HealthChecker/")
}

// cover tells whether t includes every trait of has.
func (t traits) cover(has traits) bool { return has&^t == 0 }

// without returns the traits of t that are not among others.
func (t traits) without(others traits) traits { return t &^ others }

// String returns why a request with these traits meets no fault.
func (t traits) String() string {
	if t&healthCheck != 0 {
		return "it is a health check, which no condition names"
	}
	return "it is marked " + strings.ToLower(markField) + ", which no condition names"
}
