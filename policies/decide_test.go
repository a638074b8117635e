package policies_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/poise-dev/poise/policies"
)

// always is the moment at which everything is permitted and every coin falls
// on fault.
type always struct{}

func (always) Permit(*policies.Policy) policies.Permission { return policies.Granted }
func (always) Coin(*policies.Policy) uint32                { return 0 }
func (always) Take(*policies.Policy) policies.Permission   { return policies.Granted }

// moment answers by the policy's name, and writes down what it was asked. What
// it was not told is granted, and its coins fall on fault.
type moment struct {
	permit, take map[string]policies.Permission
	coin         map[string]uint32
	asked        []string
}

func (m *moment) Permit(p *policies.Policy) policies.Permission {
	m.asked = append(m.asked, "permit "+p.Name)
	return m.permit[p.Name]
}

func (m *moment) Coin(p *policies.Policy) uint32 {
	m.asked = append(m.asked, "coin "+p.Name)
	return m.coin[p.Name]
}

func (m *moment) Take(p *policies.Policy) policies.Permission {
	m.asked = append(m.asked, "take "+p.Name)
	return m.take[p.Name]
}

// told writes a decision on one line.
func told(d *policies.Decision) string {
	words := []string{d.Arm.String()}
	if d.Policy != nil {
		words = append(words, "by "+d.Policy.Name)
	}
	for _, p := range d.Controls {
		words = append(words, "control of "+p.Name)
	}
	for _, r := range d.Rehearsals {
		words = append(words, fmt.Sprintf("rehearsed %s %v", r.Policy.Name, r.Drawn))
	}
	for _, h := range d.Held {
		words = append(words, fmt.Sprintf("held %s %s", h.Policy.Name, h.Reason))
	}
	return strings.Join(words, ", ")
}

func TestPoliciesAreTriedInOrderUntilOneActs(t *testing.T) {
	const never = policies.Whole - 1
	set := compile(t, policy("a", "percentage: 50")+policy("b", "percentage: 50")+policy("c", "percentage: 50"))
	for name, c := range map[string]struct {
		moment moment
		want   string
		asked  string
	}{
		"the first that draws the request acts, and no other is asked": {
			moment{}, "fault, by a", "permit a, coin a, take a",
		},
		"not drawn by one, a request is offered to the next, and is a control of nobody once one acts": {
			moment{coin: map[string]uint32{"a": never}},
			"fault, by b", "permit a, coin a, permit b, coin b, take b",
		},
		"drawn by none, a request is a control of all": {
			moment{coin: map[string]uint32{"a": never, "b": never, "c": policies.Whole / 2}},
			"control, control of a, control of b, control of c",
			"permit a, coin a, permit b, coin b, permit c, coin c",
		},
		"a coin just below the percentage draws": {
			moment{coin: map[string]uint32{"a": policies.Whole/2 - 1}}, "fault, by a", "permit a, coin a, take a",
		},
		"without a lease there is no coin, no arm and no note": {
			moment{permit: all(policies.NoLease)}, "none", "permit a, permit b, permit c",
		},
		"what is held back before the coin is noted with its reason": {
			moment{permit: map[string]policies.Permission{"a": policies.AtMaxShare, "b": policies.NoLease, "c": policies.Draining}},
			"none, held a max-share, held c draining", "permit a, permit b, permit c",
		},
		"a rehearsal tosses the coin, takes no room and leaves the request to the next": {
			moment{
				permit: map[string]policies.Permission{"a": policies.Rehearsed, "b": policies.Rehearsed, "c": policies.Granted},
				coin:   map[string]uint32{"b": never, "c": never},
			},
			"control, control of c, rehearsed a true, rehearsed b false",
			"permit a, coin a, permit b, coin b, permit c, coin c",
		},
		"rehearsals alone put a request in no arm": {
			moment{permit: all(policies.Rehearsed)},
			"none, rehearsed a true, rehearsed b true, rehearsed c true",
			"permit a, coin a, permit b, coin b, permit c, coin c",
		},
		"room that is gone in the meantime holds the policy back, and the next has its turn": {
			moment{take: map[string]policies.Permission{"a": policies.AtMaxConcurrent}},
			"fault, by b, held a max-concurrent", "permit a, coin a, take a, permit b, coin b, take b",
		},
		"a drawn request without room is in no arm": {
			moment{take: all(policies.LeaseSpent)},
			"none, held a lease-spent, held b lease-spent, held c lease-spent",
			"permit a, coin a, take a, permit b, coin b, take b, permit c, coin c, take c",
		},
		"a lease that ends between coin and fault is no reason to note": {
			moment{take: all(policies.NoLease)},
			"none",
			"permit a, coin a, take a, permit b, coin b, take b, permit c, coin c, take c",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var d policies.Decision
			set.Decide(&policies.Request{Path: "/"}, &c.moment, &d)
			if got := told(&d); got != c.want {
				t.Errorf("decided: %s\nwant:    %s", got, c.want)
			}
			if got := strings.Join(c.moment.asked, ", "); got != c.asked {
				t.Errorf("asked: %s\nwant:  %s", got, c.asked)
			}
		})
	}
}

// all answers the same for the policies a, b and c.
func all(p policies.Permission) map[string]policies.Permission {
	return map[string]policies.Permission{"a": p, "b": p, "c": p}
}

func TestNoPercentageNeverDrawsAndAllOfThemAlwaysDo(t *testing.T) {
	for _, by := range []string{"request", "header:X-User"} {
		for share, want := range map[string]policies.Arm{"0": policies.ArmControl, "100": policies.ArmFault} {
			set := compile(t, policy("a", "percentage: "+share+"\nassign: {by: \""+by+"\"}"))
			for i := range 10_000 {
				r := &policies.Request{Path: "/", Fields: policies.FieldMap{"X-User": {strconv.Itoa(i)}}}
				coins := &moment{coin: map[string]uint32{"a": uint32(i) * 10_000}}
				if i == 9_999 {
					coins.coin["a"] = policies.Whole - 1
				}
				var d policies.Decision
				if set.Decide(r, coins, &d); d.Arm != want {
					t.Fatalf("%s%% by %s, request %d: %s", share, by, i, d.Arm)
				}
			}
		}
	}
}

func TestAGRPCStatusNeedsAGRPCRequest(t *testing.T) {
	abort := document("FaultPolicy", "a", "percentage: 100\nfault: {abort: {grpcStatus: UNAVAILABLE}}")
	both := document("FaultPolicy", "a", "percentage: 100\nfault: {delay: {fixed: 1s}, abort: {grpcStatus: UNAVAILABLE}}")
	for name, c := range map[string]struct {
		text string
		grpc bool
		want string
	}{
		"on a request that is not gRPC it is skipped and noted": {abort, false, "none, held a skipped"},
		"on a gRPC request it applies":                          {abort, true, "fault, by a"},
		"a delay beside it applies anyway":                      {both, false, "fault, by a"},
	} {
		t.Run(name, func(t *testing.T) {
			var d policies.Decision
			compile(t, c.text).Decide(&policies.Request{Path: "/s/m", GRPC: c.grpc}, always{}, &d)
			if got := told(&d); got != c.want {
				t.Errorf("decided %s, want %s", got, c.want)
			}
		})
	}
}

func TestAPolicyIsAskedOnceHoweverManyEntriesMatch(t *testing.T) {
	set := compile(t, policy("a", `
match:
- methods: [GET]
- path: {prefix: /}
- path: {prefix: /x}
- path: {exact: /x/y}
- headers: [{name: x-user, exact: "1"}]
- headers: [{name: x-user, exact: "2"}]
- query: [{name: k, exact: v}]
- host: {exact: shop}
- source: {cidrs: ["::/0"]}`)+policy("b", ""))
	r := &policies.Request{
		Method: "GET", Path: "/x/y", Host: "shop", RawQuery: "k=v&k=v", Source: netip.IPv6Loopback(),
		Fields: policies.FieldMap{"X-User": {"1", "2", "1"}},
	}
	m := &moment{permit: all(policies.AtMaxTotal)}
	var d policies.Decision
	set.Decide(r, m, &d)
	if got, want := strings.Join(m.asked, ", "), "permit a, permit b"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
}

func TestADecisionIsUsedAgain(t *testing.T) {
	set := compile(t, policy("a", "percentage: 50\nlistener: here")+policy("b", "percentage: 50\nlistener: there"))
	var d policies.Decision
	set.Decide(&policies.Request{Listener: "here"}, &moment{coin: map[string]uint32{"a": policies.Whole / 2}}, &d)
	set.Decide(&policies.Request{Listener: "there"}, &moment{permit: all(policies.AtMaxTotal)}, &d)
	if got, want := told(&d), "none, held b max-total"; got != want {
		t.Errorf("decided %s, want %s", got, want)
	}
	set.Decide(&policies.Request{Listener: "elsewhere"}, always{}, &d)
	if got, want := told(&d), "none"; got != want {
		t.Errorf("decided %s, want %s", got, want)
	}
	if d.Reset(); slices.Max([]int{len(d.Controls), len(d.Rehearsals), len(d.Held)}) > 0 {
		t.Error("Reset leaves something behind")
	}
}
