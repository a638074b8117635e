package policies_test

import (
	"testing"
	"time"

	"github.com/poise-dev/poise/policies"
)

// promise returns the only promise of a hypothesis with one objective.
func promise(tb testing.TB, objective string) *policies.Promise {
	tb.Helper()
	set := compile(tb, document("Hypothesis", "h", "belief: It holds.\nobjectives:\n- "+objective))
	return set.Belief("h").Promises[0]
}

func TestWhatMakesARequestGood(t *testing.T) {
	const fast, slow = 800 * time.Millisecond, 801 * time.Millisecond
	whole := func(status int, latency time.Duration) policies.Outcome {
		return policies.Outcome{Status: status, Complete: true, Latency: latency}
	}
	grpc := func(code policies.GRPCCode, latency time.Duration) policies.Outcome {
		return policies.Outcome{Status: 200, GRPC: true, GRPCStatus: code, Complete: true, Latency: latency}
	}
	const ok, cancelled, unknown, notFound, deadline, exhausted, unavailable = 0, 1, 2, 5, 4, 8, 14
	for name, c := range map[string]struct {
		good    string
		yes, no []policies.Outcome
	}{
		"a status below": {
			`{status: "<500"}`,
			[]policies.Outcome{whole(200, slow), whole(499, slow), whole(101, fast), grpc(unavailable, fast)},
			[]policies.Outcome{whole(500, fast), whole(503, fast), whole(599, fast)},
		},
		"a status of a list": {
			`{status: ["2xx", "404"]}`,
			[]policies.Outcome{whole(200, fast), whole(299, fast), whole(404, fast)},
			[]policies.Outcome{whole(301, fast), whole(403, fast), whole(500, fast)},
		},
		"a gRPC status of a list": {
			`{grpc: [OK, NOT_FOUND]}`,
			[]policies.Outcome{grpc(ok, slow), grpc(notFound, slow)},
			[]policies.Outcome{grpc(unavailable, fast), whole(200, fast)},
		},
		"a latency alone, of an answer that succeeded": {
			`{latency: 800ms}`,
			[]policies.Outcome{whole(200, fast), whole(404, fast), grpc(ok, fast), grpc(cancelled, fast), grpc(exhausted, fast), grpc(16, fast)},
			[]policies.Outcome{
				whole(200, slow), whole(500, fast), grpc(ok, slow),
				grpc(unknown, fast), grpc(deadline, fast), grpc(12, fast), grpc(13, fast), grpc(unavailable, fast), grpc(15, fast),
			},
		},
		"a status and a latency": {
			`{status: "2xx", latency: 800ms}`,
			[]policies.Outcome{whole(200, fast)},
			[]policies.Outcome{whole(200, slow), whole(404, fast)},
		},
		"an HTTP and a gRPC status": {
			`{status: "2xx", grpc: [OK]}`,
			[]policies.Outcome{grpc(ok, fast)},
			[]policies.Outcome{whole(200, fast), grpc(unknown, fast)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := promise(t, "{name: a, target: 99, good: "+c.good+"}")
			for _, o := range c.yes {
				if !p.Good(o) {
					t.Errorf("%+v is not good", o)
				}
				for _, cut := range []policies.Outcome{
					{Complete: true, GRPC: o.GRPC, GRPCStatus: o.GRPCStatus, Latency: o.Latency},
					{Status: o.Status, GRPC: o.GRPC, GRPCStatus: o.GRPCStatus, Latency: o.Latency},
				} {
					if p.Good(cut) {
						t.Errorf("without a status, or cut, it is good: %+v", cut)
					}
				}
			}
			for _, o := range c.no {
				if p.Good(o) {
					t.Errorf("%+v is good", o)
				}
			}
		})
	}
}

func TestAPromiseIsToldInWordsAndNumbers(t *testing.T) {
	for objective, want := range map[string]policies.Promise{
		`{name: a, listener: ingress, good: {status: "<500"}, target: 99.5}`: {
			Listener: "ingress", Text: "99.5% good (status <500)", Allowed: 0.005, Tolerance: 0.005,
		},
		`{name: a, good: {latency: 800ms}, target: 99, advisory: false}`: {
			Text: "99% within 800ms", Latency: 800 * time.Millisecond, Allowed: 0.01, Tolerance: 0.01,
		},
		`{name: a, good: {status: ["2xx", "404"], latency: 1s}, target: 100, tolerance: 0.5}`: {
			Text: "100% good (status 2xx, 404) within 1s", Latency: time.Second, Tolerance: 0.005,
		},
		`{name: a, good: {grpc: [OK, NOT_FOUND]}, target: 99.9}`: {
			Text: "99.9% good (gRPC OK, NOT_FOUND)", Allowed: 0.001, Tolerance: 0.001,
		},
	} {
		got := promise(t, objective)
		if got.Hypothesis != "h" || got.Name != "a" || got.Index != 0 || got.Listener != want.Listener || got.Text != want.Text ||
			got.Latency != want.Latency || got.Allowed != want.Allowed || got.Tolerance != want.Tolerance {
			t.Errorf("%s\n is %+v,\n want %+v", objective, got, want)
		}
	}
}

func TestAPromiseIsAboutItsRequests(t *testing.T) {
	p := promise(t, `{name: a, listener: ingress, good: {status: "<500"}, target: 99, match: [{path: {prefix: /checkout}}], exclude: [{methods: [GET]}]}`)
	for name, c := range map[string]struct {
		request policies.Request
		want    bool
	}{
		"those that match":                {policies.Request{Listener: "ingress", Path: "/checkout/1"}, true},
		"health checks, too":              {policies.Request{Listener: "ingress", Path: "/checkout", Fields: policies.FieldMap{"User-Agent": {"kube-probe/1"}}}, true},
		"not those that do not match":     {policies.Request{Listener: "ingress", Path: "/"}, false},
		"not those that are excluded":     {policies.Request{Listener: "ingress", Path: "/checkout/1", Method: "GET"}, false},
		"not those that come another way": {policies.Request{Listener: "egress", Path: "/checkout/1"}, false},
	} {
		if got := p.Matches(&c.request); got != c.want {
			t.Errorf("a promise is about %s: got %v", name, got)
		}
	}
}

func TestABeliefKeepsItsWords(t *testing.T) {
	set := compile(t, document("Hypothesis", "h", "belief: It holds.\nwhy: A retry.\nowner: team\nobjectives:\n"+
		"- {name: a, good: {status: 2xx}, target: 99}\n- {name: b, good: {status: 2xx}, target: 99, advisory: true}"))
	b := set.Belief("h")
	if b.Name != "h" || b.Statement != "It holds." || b.Why != "A retry." || b.Owner != "team" || len(b.Promises) != 2 ||
		b.Promises[1].Index != 1 || !b.Promises[1].Advisory || b.Promises[0].Advisory {
		t.Errorf("belief is %+v", b)
	}
}
