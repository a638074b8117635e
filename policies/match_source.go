package policies

import (
	"net/netip"
	"slices"
	"strings"
)

// methodTest passes for the listed methods, which are case-sensitive.
type methodTest []string

func (t methodTest) holds(r *Request) bool { return slices.Contains(t, r.Method) }

func (t methodTest) say(r *Request, holds bool) string {
	if holds {
		return "method is " + r.Method
	}
	return "method " + r.Method + " is not " + oneOf(t)
}

// peerTest passes if the peer's address lies in one of the ranges.
type peerTest []netip.Prefix

// newPeerTest takes ranges in any spelling; one of IPv4 addresses in IPv6
// clothes is one of IPv4 addresses.
func newPeerTest(ranges []Prefix) peerTest {
	t := make(peerTest, len(ranges))
	for i, p := range ranges {
		t[i] = p.Masked()
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			t[i] = netip.PrefixFrom(a.Unmap(), p.Bits()-96).Masked()
		}
	}
	return t
}

func (t peerTest) holds(r *Request) bool {
	peer := r.peer()
	return slices.ContainsFunc(t, func(p netip.Prefix) bool { return p.Contains(peer) })
}

func (t peerTest) say(r *Request, holds bool) string {
	if !r.Source.IsValid() {
		return "the peer is unknown"
	}
	ranges := make([]string, len(t))
	for i, p := range t {
		ranges[i] = p.String()
	}
	return "peer " + r.peer().String() + isIn(holds) + oneOf(ranges)
}

// identityTest passes if the peer has one of the identities.
type identityTest []string

func (t identityTest) holds(r *Request) bool {
	return slices.ContainsFunc(r.Identities, func(id string) bool { return slices.Contains(t, id) })
}

func (t identityTest) say(r *Request, holds bool) string {
	if len(r.Identities) == 0 {
		return "the peer has no identity"
	}
	return "identity " + strings.Join(r.Identities, ", ") + isIn(holds) + oneOf(t)
}

// isIn is the verb of a test for membership.
func isIn(holds bool) string {
	if holds {
		return " is in "
	}
	return " is not in "
}

// oneOf lists what would have been right.
func oneOf(names []string) string { return strings.Join(names, ", ") }
