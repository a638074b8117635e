package policies_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/poise-dev/poise/policies"
)

// scene is a set of policies and a request that is decided under them.
type scene struct {
	name    string
	set     *policies.Set
	request policies.Request
	// acts names the policy that acts; empty: none.
	acts string
}

// of returns documents built by hand: the parser would take most of the time.
func of(n int, build func(i int, p *policies.FaultPolicy)) []policies.Document {
	documents := make([]policies.Document, n)
	for i := range documents {
		whole := policies.Percent(policies.Whole)
		p := &policies.FaultPolicy{Percentage: &whole, Fault: &policies.Fault{Abort: &policies.Abort{Status: 503}}}
		build(i, p)
		documents[i] = policies.Document{
			Kind: policies.KindFaultPolicy, Metadata: policies.Metadata{Name: fmt.Sprintf("p%05d", i)}, Policy: p,
		}
	}
	return documents
}

// paths are policies that tell requests apart by path, method and a header.
func paths(n int) []policies.Document {
	return of(n, func(i int, p *policies.FaultPolicy) {
		p.Match = []policies.Condition{{
			Methods: []string{"GET", "POST"},
			Path:    &policies.PathMatch{Prefix: fmt.Sprintf("/api/v1/tenant%d/orders", i)},
		}}
	})
}

// headers are policies on one path, which tell requests apart by the value of
// a header only.
func headers(n int) []policies.Document {
	return of(n, func(i int, p *policies.FaultPolicy) {
		user := fmt.Sprintf("user-%d", i)
		p.Match = []policies.Condition{{
			Path:    &policies.PathMatch{Prefix: "/api"},
			Headers: []policies.HeaderMatch{{Name: "x-user", ValueMatch: policies.ValueMatch{Exact: &user}}},
		}}
	})
}

// scenes are what is measured, and what must not allocate.
func scenes(tb testing.TB) []scene {
	tb.Helper()
	set := func(documents []policies.Document) *policies.Set {
		compiled, err := policies.Compile(documents)
		if err != nil {
			tb.Fatal(err)
		}
		return compiled
	}
	request := func(path, user string) policies.Request {
		return policies.Request{
			Listener: "egress", Method: "GET", Host: "payment.local:8080", Path: path, RawQuery: "a=1&b=2",
			Source: netip.MustParseAddr("10.0.0.7"),
			Fields: policies.FieldMap{
				"Accept": {"*/*"}, "User-Agent": {"checkout/1.0"}, "X-User": {user}, "Cookie": {"a=1; user=42"},
				"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
			},
		}
	}
	var all []scene
	for _, n := range []int{1, 100, 10_000} {
		last := fmt.Sprintf("p%05d", n-1)
		byPath, byHeader := set(paths(n)), set(headers(n))
		all = append(all,
			scene{fmt.Sprintf("path/%d/none", n), byPath, request("/api/v1/products/7", "bob"), ""},
			scene{fmt.Sprintf("path/%d/last", n), byPath, request(fmt.Sprintf("/api/v1/tenant%d/orders/7", n-1), "bob"), last},
			scene{fmt.Sprintf("header/%d/none", n), byHeader, request("/api/x", "bob"), ""},
			scene{fmt.Sprintf("header/%d/last", n), byHeader, request("/api/x", fmt.Sprintf("user-%d", n-1)), last},
		)
	}
	return append(all, stickyScenes(tb, request("/", "bob"))...)
}

// stickyScenes are a policy for each way to assign, and one with every kind of
// condition.
func stickyScenes(tb testing.TB, r policies.Request) []scene {
	tb.Helper()
	var all []scene
	for _, by := range []string{"header:x-user", "cookie:user", "source"} {
		all = append(all, scene{"sticky/" + by, compile(tb, policy("p", "assign: {by: \""+by+"\"}")), r, "p"})
	}
	return append(all, scene{"every condition", compile(tb, policy("p", `
match:
- methods: [GET]
  path: {glob: "/**"}
  host: {glob: "*.local"}
  headers: [{name: x-user, regex: "^b"}, {name: accept, contains: "*"}, {name: x-none, present: false}]
  query: [{name: b, exact: "2"}]
  cookies: [{name: user, prefix: "4"}]
  source: {cidrs: [10.0.0.0/8]}
exclude: [{path: {exact: /healthz}}]`)), r, "p"})
}

func TestDecisionsDoNotAllocate(t *testing.T) {
	for _, s := range scenes(t) {
		t.Run(s.name, func(t *testing.T) {
			var d policies.Decision
			var m policies.Moment = always{}
			allocs := testing.AllocsPerRun(100, func() { s.set.Decide(&s.request, m, &d) })
			acts := ""
			if d.Policy != nil {
				acts = d.Policy.Name
			}
			if acts != s.acts || allocs != 0 {
				t.Errorf("%q acts after %v allocations, want %q after none", acts, allocs, s.acts)
			}
		})
	}
}

func BenchmarkDecide(b *testing.B) {
	for _, s := range scenes(b) {
		b.Run(s.name, func(b *testing.B) {
			var d policies.Decision
			var m policies.Moment = always{}
			b.ReportAllocs()
			for b.Loop() {
				s.set.Decide(&s.request, m, &d)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for name, documents := range map[string][]policies.Document{"path": paths(10_000), "header": headers(10_000)} {
		b.Run(name+"/10000", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := policies.Compile(documents); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDelay(b *testing.B) {
	for name, d := range distributions() {
		b.Run(name, func(b *testing.B) {
			rng := seeded()
			for b.Loop() {
				d.delay.Sample(rng)
			}
		})
	}
}
