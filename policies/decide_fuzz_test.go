package policies_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/poise-dev/poise/policies"
)

// world makes up policies and requests from few words, so that they meet.
type world struct {
	*rand.Rand
	words []string
}

func (w world) one(of ...string) string { return of[w.IntN(len(of))] }
func (w world) word() string            { return w.one(w.words...) }
func (w world) often() bool             { return w.IntN(3) > 0 }

// path returns a path of up to three words.
func (w world) path() string {
	var path strings.Builder
	path.WriteString(w.one("", "/"))
	for range w.IntN(3) {
		path.WriteString(w.word() + w.one("", "/", "/", "//"))
	}
	return path.String()
}

func (w world) value() policies.ValueMatch {
	text, present := w.word(), w.often()
	switch w.IntN(6) {
	case 0:
		return policies.ValueMatch{Present: &present}
	case 1:
		return policies.ValueMatch{Prefix: &text}
	case 2:
		return policies.ValueMatch{Contains: &text}
	default:
		return policies.ValueMatch{Exact: &text}
	}
}

func (w world) condition() policies.Condition {
	var c policies.Condition
	if w.often() {
		switch p := "/" + w.path(); w.IntN(5) {
		case 0:
			c.Path = &policies.PathMatch{Exact: p}
		case 1:
			c.Path = &policies.PathMatch{Glob: w.one("**", p+"*", p+"/**", "/**"+p, "/*"+p)}
		case 2:
			c.Path = &policies.PathMatch{Regex: w.one("^/", "a$", "b", ".")}
		default:
			c.Path = &policies.PathMatch{Prefix: p}
		}
	}
	if !w.often() {
		c.Host = &policies.HostMatch{Exact: w.one("A", "b.", "[::1]", "a:80")}
	}
	for range w.IntN(3) {
		name := w.one("x-user", "X-User", "host", "user-agent", "x-poise-fault", "x-env")
		c.Headers = append(c.Headers, policies.HeaderMatch{Name: name, ValueMatch: w.value()})
	}
	if !w.often() {
		c.Query = append(c.Query, policies.ParameterMatch{Name: w.word(), ValueMatch: w.value()})
	}
	if !w.often() {
		c.Cookies = append(c.Cookies, policies.ParameterMatch{Name: w.word(), ValueMatch: w.value()})
	}
	if !w.often() {
		c.GRPC = &policies.GRPCMatch{Service: w.one("", "a", "b", "a/b", "grpc.health.v1.Health"), Method: w.one("", "a", "b")}
	}
	if !w.often() {
		c.Methods = []string{w.one("GET", "POST")}
	}
	return c
}

func (w world) conditions(most int) []policies.Condition {
	list := make([]policies.Condition, w.IntN(most+1))
	for i := range list {
		list[i] = w.condition()
	}
	return list
}

func (w world) policy(name string) policies.Document {
	share, order, seed := policies.Percent(w.IntN(3)*policies.Whole/2), w.IntN(4), w.Uint64()
	p := &policies.FaultPolicy{
		Listener: w.one("", "", "in", "out"), Order: &order, Percentage: &share, Seed: &seed,
		Match: w.conditions(2), Fault: &policies.Fault{Abort: &policies.Abort{Status: 503}},
	}
	if !w.often() {
		p.Exclude = w.conditions(1)
	}
	if !w.often() {
		code := policies.GRPCCode(14)
		p.Fault.Abort = &policies.Abort{GRPCStatus: &code}
	}
	if !w.often() {
		kind := policies.AssignKind(w.IntN(5))
		p.Assign = &policies.Assign{By: policies.AssignBy{Kind: kind, Name: w.one("X-User", "a")}}
	}
	return policies.Document{Kind: policies.KindFaultPolicy, Metadata: policies.Metadata{Name: name}, Policy: p}
}

func (w world) request() policies.Request {
	fields := policies.FieldMap{}
	for _, name := range []string{"X-User", "X-Env", "User-Agent", "X-Poise-Fault", "Cookie"} {
		for !w.often() {
			fields[name] = append(fields[name], w.word()+w.one("", "", "=", ";")+w.word())
		}
		for !w.often() {
			fields[name] = append(fields[name], w.word())
		}
	}
	return policies.Request{
		Listener: w.one("in", "out", "other"), Method: w.one("GET", "POST"), Host: w.one("a", "A:80", "b.", "[::1]:1", w.word()),
		Path: w.one("/", "/", "") + w.path(), RawQuery: w.word() + "=" + w.word() + w.one("", "&a=b", "&a"),
		Fields: fields, GRPC: !w.often(), Source: netip.MustParseAddr(w.one("::1", "10.0.0.1")),
	}
}

// fate is a moment made up from the policy's index, the same each time.
type fate uint64

func (f fate) of(p *policies.Policy, salt uint64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(f)+salt, uint64(p.Index)))
}

func (f fate) Permit(p *policies.Policy) policies.Permission {
	return policies.Permission(max(0, f.of(p, 0).IntN(12)-7))
}
func (f fate) Coin(p *policies.Policy) uint32 { return f.of(p, 1).Uint32N(policies.Whole) }
func (f fate) Take(p *policies.Policy) policies.Permission {
	return policies.Permission(max(0, f.of(p, 2).IntN(8)-4))
}

// oneByOne decides without an index over many: each policy is compiled alone,
// and they are offered the request one after the other.
func oneByOne(tb testing.TB, set *policies.Set, r *policies.Request, m policies.Moment) policies.Decision {
	tb.Helper()
	var whole policies.Decision
	for _, p := range set.Policies() {
		at := slices.IndexFunc(set.Documents(), func(d policies.Document) bool { return d.Metadata.Name == p.Name })
		alone, err := policies.Compile(set.Documents()[at : at+1])
		if err != nil {
			tb.Fatal(err)
		}
		var d policies.Decision
		if alone.Decide(r, always{}, &d); (told(&d) != "none") != p.Matches(r) {
			tb.Fatalf("policy %s alone: %s, but Matches is %v", p.Name, told(&d), p.Matches(r))
		}
		alone.Decide(r, as{m, p}, &d)
		for _, held := range d.Held {
			whole.Held = append(whole.Held, policies.Held{Policy: p, Reason: held.Reason})
		}
		for range d.Controls {
			whole.Controls = append(whole.Controls, p)
		}
		for _, rehearsal := range d.Rehearsals {
			whole.Rehearsals = append(whole.Rehearsals, policies.Rehearsal{Policy: p, Drawn: rehearsal.Drawn})
		}
		if d.Arm == policies.ArmFault {
			whole.Arm, whole.Policy, whole.Controls = policies.ArmFault, p, nil
			return whole
		}
	}
	if len(whole.Controls) > 0 {
		whole.Arm = policies.ArmControl
	}
	return whole
}

// as answers for another policy.
type as struct {
	policies.Moment
	policy *policies.Policy
}

func (a as) Permit(*policies.Policy) policies.Permission { return a.Moment.Permit(a.policy) }
func (a as) Coin(*policies.Policy) uint32                { return a.Moment.Coin(a.policy) }
func (a as) Take(*policies.Policy) policies.Permission   { return a.Moment.Take(a.policy) }

// FuzzDecide holds three ways to decide against each other: by the index, one
// policy after the other, and in words.
func FuzzDecide(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, "a", "b")
	}
	f.Add(uint64(1), "%61", "kube-probe/1")
	f.Add(uint64(2), "*", "\xff")
	f.Fuzz(func(t *testing.T, seed uint64, one, two string) {
		w := world{rand.New(rand.NewPCG(seed, 0)), []string{"a", "b", "ab", one, two}}
		documents := make([]policies.Document, w.IntN(12))
		for i := range documents {
			documents[i] = w.policy(fmt.Sprintf("p%d", i))
		}
		set, err := policies.Compile(documents)
		if err != nil {
			t.Fatal(err)
		}
		var d policies.Decision
		for range 8 {
			r, m := w.request(), fate(w.Uint64())
			set.Decide(&r, m, &d)
			want := oneByOne(t, set, &r, m)
			if got, want := told(&d), told(&want); got != want {
				t.Fatalf("by the index: %s\none by one:   %s\nrequest: %+v", got, want, r)
			}
			explains(t, set, &r, &d)
		}
	})
}

// explains checks that the words tell what Decide finds when all is granted
// and every coin falls on fault.
func explains(t *testing.T, set *policies.Set, r *policies.Request, d *policies.Decision) {
	t.Helper()
	set.Decide(r, always{}, d)
	e, acts := set.Explain(r), ""
	if d.Policy != nil {
		acts = d.Policy.Name
	}
	if e.Policy != acts {
		t.Fatalf("explained %+v, but %q acts on %+v", e, acts, r)
	}
	for i, p := range set.Policies() {
		if why := e.Why[i]; why.Policy != p.Name || why.Matched != p.Matches(r) || why.Why == "" {
			t.Fatalf("policy %s is explained as %+v, matches %v", p.Name, why, p.Matches(r))
		}
	}
}
