package policies_test

import (
	"net/netip"
	"testing"

	"github.com/poise-dev/poise/policies"
)

// a request of the shop, from which the tables tell only what differs.
func order(change func(r *policies.Request)) policies.Request {
	r := policies.Request{
		Listener: "egress", Method: "POST", Host: "Payment.Local.:8080", Path: "/payments/1",
		RawQuery: "k=v&empty&a%20b=c+d&k=second&bad=%zz%4&semi=a;k=no&utf=%C3%A9",
		Source:   netip.MustParseAddr("::ffff:127.0.0.2"),
		Fields: policies.FieldMap{
			"X-User":     {"prod-7", "test-7"},
			"X-Empty":    {""},
			"Cookie":     {`user=42; theme="dark" ;a=b=c`, "user=43;  spaced = x ; nothing"},
			"User-Agent": {"checkout/1.0"},
		},
		Identities: []string{"spiffe://mesh/ns/shop/sa/web"},
	}
	if change != nil {
		change(&r)
	}
	return r
}

func path(p string) policies.Request { return order(func(r *policies.Request) { r.Path = p }) }
func host(h string) policies.Request { return order(func(r *policies.Request) { r.Host = h }) }

func call(p string) policies.Request {
	return order(func(r *policies.Request) { r.Path, r.GRPC = p, true })
}

func from(address string) policies.Request {
	return order(func(r *policies.Request) { r.Source = netip.MustParseAddr(address) })
}

func agent(name string) policies.Request {
	return order(func(r *policies.Request) { r.Fields = policies.FieldMap{"User-Agent": {name}} })
}

var asItIs = order(nil)

// matching are conditions, requests that meet them and requests that do not.
var matching = map[string]struct {
	condition string
	yes, no   []policies.Request
}{
	"methods are case-sensitive": {
		`{methods: [GET, POST]}`,
		[]policies.Request{asItIs},
		[]policies.Request{order(func(r *policies.Request) { r.Method = "post" })},
	},
	"an exact path is the whole path": {
		`{path: {exact: /payments}}`,
		[]policies.Request{path("/payments")},
		[]policies.Request{path("/payments/"), path("/payments/1"), path("/Payments"), path("//payments"), path("")},
	},
	"a path prefix is whole segments": {
		`{path: {prefix: /pay}}`,
		[]policies.Request{path("/pay"), path("/pay/"), path("/pay/x"), path("/pay//x"), path("/pay/../x")},
		[]policies.Request{path("/payments"), path("/pa"), path("/x/pay"), path("//pay"), path("/./pay"), path("")},
	},
	"a trailing slash of a path prefix is ignored": {
		`{path: {prefix: /pay/}}`,
		[]policies.Request{path("/pay"), path("/pay/"), path("/pay/x")},
		[]policies.Request{path("/payments"), path("/pa")},
	},
	"every path is under /": {
		`{path: {prefix: /}}`,
		[]policies.Request{path("/"), path("/x"), path("*"), path("")},
		nil,
	},
	"* in a path glob is one segment": {
		`{path: {glob: /shop/*/cart}}`,
		[]policies.Request{path("/shop/7/cart")},
		[]policies.Request{path("/shop/cart"), path("/shop//cart"), path("/shop/7/8/cart"), path("/shop/7/cart/"), path("/x/shop/7/cart")},
	},
	"* in a segment is any part of it": {
		`{path: {glob: /img/*.p*g}}`,
		[]policies.Request{path("/img/a.png"), path("/img/.pg"), path("/img/a.b.ppg")},
		[]policies.Request{path("/img/a.png/x"), path("/img/a/b.png"), path("/img/a.jpg"), path("/img/")},
	},
	"** in a path glob is any number of segments": {
		`{path: {glob: /a/**/z}}`,
		[]policies.Request{path("/a/z"), path("/a/b/z"), path("/a/b/c/z"), path("/a/z/z"), path("/a//z")},
		[]policies.Request{path("/a"), path("/az"), path("/a/z/"), path("/b/a/z")},
	},
	"** at the end takes the rest, and nothing": {
		`{path: {glob: /a/**}}`,
		[]policies.Request{path("/a"), path("/a/"), path("/a/b/c")},
		[]policies.Request{path("/ab"), path("/")},
	},
	"several ** find each other": {
		`{path: {glob: "/**/b/*/c/**/d"}}`,
		[]policies.Request{path("/b/1/c/d"), path("/x/b/b/1/c/c/2/d"), path("/b/c/b/1/c/d/d")},
		[]policies.Request{path("/b/c/d"), path("/b/1/c/d/e")},
	},
	"a path regex is anchored as written": {
		`{path: {regex: "ment"}}`, []policies.Request{path("/payments"), path("ment")}, []policies.Request{path("/pay")},
	},
	"a path regex with anchors is the whole path": {
		`{path: {regex: "^/p[0-9]+$"}}`, []policies.Request{path("/p12")}, []policies.Request{path("/p12/"), path("/x/p1")},
	},
	"an exact host ignores port, case and trailing dot": {
		`{host: {exact: payment.LOCAL}}`,
		[]policies.Request{asItIs, host("payment.local"), host("PAYMENT.local:1"), host("payment.local.")},
		[]policies.Request{host("x.payment.local"), host("payment.local.x"), host("")},
	},
	"an IPv6 literal is a host with or without port": {
		`{host: {exact: "[::1]"}}`,
		[]policies.Request{host("[::1]"), host("[::1]:8080")},
		[]policies.Request{host("[::2]:8080"), host("1:8080")},
	},
	"a host glob stands for one or more characters": {
		`{host: {glob: "*.payment.local"}}`,
		[]policies.Request{host("a.payment.local"), host("a.b.Payment.local:80")},
		[]policies.Request{host("payment.local"), host(".payment.local"), host("a.payment.local.evil")},
	},
	"a host regex sees the lower-case host": {
		`{host: {regex: "^pay.*l$"}}`, []policies.Request{asItIs, host("PAYL:1")}, []policies.Request{host("x.payment.local")},
	},
	"any value of a header may match, and its name has any case": {
		`{headers: [{name: x-USER, exact: test-7}]}`, []policies.Request{asItIs}, []policies.Request{agent("x")},
	},
	"a header prefix":      {`{headers: [{name: x-user, prefix: test-}]}`, []policies.Request{asItIs}, []policies.Request{agent("x")}},
	"a header suffix":      {`{headers: [{name: x-user, suffix: "-7"}]}`, []policies.Request{asItIs}, []policies.Request{agent("x")}},
	"a part of a header":   {`{headers: [{name: x-user, contains: "st-"}]}`, []policies.Request{asItIs}, []policies.Request{agent("x")}},
	"a header regex":       {`{headers: [{name: x-user, regex: "^t.*7$"}]}`, []policies.Request{asItIs}, []policies.Request{agent("x")}},
	"header values differ": {`{headers: [{name: x-user, exact: Test-7}]}`, nil, []policies.Request{asItIs}},
	"an empty header is present": {
		`{headers: [{name: x-empty, present: true}, {name: x-empty, exact: ""}]}`, []policies.Request{asItIs}, []policies.Request{agent("x")},
	},
	"a header that must be absent": {
		`{headers: [{name: x-user, present: false}]}`, []policies.Request{agent("x")}, []policies.Request{asItIs},
	},
	"the host is a header like any other": {
		`{headers: [{name: host, suffix: ":8080"}]}`, []policies.Request{asItIs}, []policies.Request{host("payment.local"), host("")},
	},
	"the first value of a query key": {`{query: [{name: k, exact: v}]}`, []policies.Request{asItIs}, nil},
	"any value of a query key":       {`{query: [{name: k, exact: second}]}`, []policies.Request{asItIs}, nil},
	"a query key is case-sensitive":  {`{query: [{name: K, present: true}]}`, nil, []policies.Request{asItIs}},
	"a query key without a value is present and empty": {
		`{query: [{name: empty, exact: ""}, {name: none, present: false}]}`,
		[]policies.Request{asItIs},
		[]policies.Request{order(func(r *policies.Request) { r.RawQuery = "" })},
	},
	"query keys and values are decoded, + is a space": {`{query: [{name: a b, exact: c d}, {name: utf, exact: é}]}`, []policies.Request{asItIs}, nil},
	"a bad escape is taken literally":                 {`{query: [{name: bad, exact: "%zz%4"}]}`, []policies.Request{asItIs}, nil},
	"a semicolon ends no query parameter":             {`{query: [{name: semi, exact: "a;k=no"}, {name: k, regex: "^(v|second)$"}]}`, []policies.Request{asItIs}, nil},
	"a cookie":                                        {`{cookies: [{name: user, exact: "42"}]}`, []policies.Request{asItIs}, []policies.Request{agent("x")}},
	"a cookie of the second field":                    {`{cookies: [{name: user, exact: "43"}]}`, []policies.Request{asItIs}, nil},
	"a cookie keeps its quotes":                       {`{cookies: [{name: theme, exact: '"dark"'}]}`, []policies.Request{asItIs}, nil},
	"a cookie keeps its further equals signs":         {`{cookies: [{name: a, exact: b=c}]}`, []policies.Request{asItIs}, nil},
	"a cookie is trimmed":                             {`{cookies: [{name: spaced, exact: x}]}`, []policies.Request{asItIs}, nil},
	"what has no equals sign is no cookie":            {`{cookies: [{name: nothing, present: true}]}`, nil, []policies.Request{asItIs}},
	"a cookie name is case-sensitive":                 {`{cookies: [{name: User, present: true}]}`, nil, []policies.Request{asItIs}},
	"a peer by range, in whatever clothes it comes": {
		`{source: {cidrs: [127.0.0.2/32, "2001:db8::/32", "fe80::/10"]}}`,
		[]policies.Request{asItIs, from("127.0.0.2"), from("2001:db8::1"), from("fe80::1%eth0")},
		[]policies.Request{from("127.0.0.1"), from("::1"), order(func(r *policies.Request) { r.Source = netip.Addr{} })},
	},
	"a peer by identity": {
		`{source: {identities: ["spiffe://mesh/ns/shop/sa/api", "spiffe://mesh/ns/shop/sa/web"]}}`,
		[]policies.Request{asItIs},
		[]policies.Request{order(func(r *policies.Request) { r.Identities = nil })},
	},
	"a peer by range and identity": {
		`{source: {cidrs: [127.0.0.2], identities: ["spiffe://mesh/ns/shop/sa/web"]}}`,
		[]policies.Request{asItIs},
		[]policies.Request{from("127.0.0.3"), order(func(r *policies.Request) { r.Identities = []string{"web"} })},
	},
	"a gRPC service": {
		`{grpc: {service: pay.Payments}}`,
		[]policies.Request{call("/pay.Payments/Charge"), call("/pay.Payments/")},
		[]policies.Request{path("/pay.Payments/Charge"), call("/pay.Payments"), call("/pay.PaymentsV2/Charge"), call("/x/pay.Payments/Charge"), call("")},
	},
	"a gRPC method of a service": {
		`{grpc: {service: pay.Payments, method: Charge}}`,
		[]policies.Request{call("/pay.Payments/Charge")},
		[]policies.Request{call("/pay.Payments/ChargeAll"), call("/pay.Payments/Refund"), path("/pay.Payments/Charge")},
	},
	"a gRPC method of any service": {
		`{grpc: {method: Charge}}`, []policies.Request{call("/pay.Payments/Charge")}, []policies.Request{call("/pay.Payments/Refund")},
	},
	"the conditions of an entry are AND": {
		`{methods: [POST], path: {prefix: /payments}, grpc: {service: payments}}`,
		[]policies.Request{call("/payments/1")},
		[]policies.Request{asItIs, call("/payments2/1"), order(func(r *policies.Request) { r.GRPC, r.Method = true, "GET" })},
	},
	"health checks are meant by those who ask for their user agent": {
		`{headers: [{name: user-agent, prefix: "kube-probe/"}]}`,
		[]policies.Request{agent("kube-probe/1.30")},
		[]policies.Request{agent("ELB-HealthChecker/2.0")},
	},
	"the gRPC health service is meant by those who ask for it": {
		`{grpc: {service: grpc.health.v1.Health}}`,
		[]policies.Request{call("/grpc.health.v1.Health/Check"), order(func(r *policies.Request) {
			r.Path, r.GRPC, r.Fields = "/grpc.health.v1.Health/Check", true, policies.FieldMap{"User-Agent": {"kube-probe/1.30"}}
		})},
		nil,
	},
	"marked requests are meant by those who ask for the mark": {
		`{headers: [{name: x-poise-fault, present: true}]}`,
		[]policies.Request{order(func(r *policies.Request) { r.Fields = policies.FieldMap{"X-Poise-Fault": {"slow"}} })},
		[]policies.Request{asItIs},
	},
	"health checks are not meant otherwise, nor marked requests": {
		`{path: {prefix: /}}`,
		[]policies.Request{asItIs, agent("curl/8"), agent("my-kube-probe/1"), path("/grpc.health.v1.Health/Check")},
		[]policies.Request{
			agent("kube-probe/1.30"), agent("GoogleHC/1.0"), agent("ELB-HealthChecker/2.0"), call("/grpc.health.v1.Health/Watch"),
			order(func(r *policies.Request) { r.Fields = policies.FieldMap{"X-Poise-Fault": {""}} }),
		},
	},
	"who names the mark does not name health checks": {
		`{headers: [{name: x-poise-fault, regex: ""}]}`,
		nil,
		[]policies.Request{order(func(r *policies.Request) {
			r.Fields = policies.FieldMap{"X-Poise-Fault": {"slow"}, "User-Agent": {"kube-probe/1"}}
		})},
	},
}

func TestConditions(t *testing.T) {
	for name, c := range matching {
		t.Run(name, func(t *testing.T) {
			match := compile(t, policy("p", "match: ["+c.condition+"]"))
			exclude := compile(t, policy("p", "exclude: ["+c.condition+"]"))
			for _, r := range c.yes {
				wants(t, match, &r, true)
				wants(t, exclude, &r, false)
			}
			for _, r := range c.no {
				wants(t, match, &r, false)
			}
		})
	}
}

// wants checks that the policy p acts on the request or does not, and that
// everybody says the same.
func wants(t *testing.T, set *policies.Set, r *policies.Request, want bool) {
	t.Helper()
	var d policies.Decision
	set.Decide(r, always{}, &d)
	e := set.Explain(r)
	if got := d.Arm == policies.ArmFault; got != want {
		t.Errorf("%s %s %q of %q: decided %v, want %v; %s", r.Method, r.Host, r.Path, r.Fields, got, want, e.Why[0].Why)
	}
	if p := set.Policy("p"); p.Matches(r) != want || e.Why[0].Matched != want || (e.Policy == "p") != want {
		t.Errorf("%q: Matches %v, Explain %+v, want %v", r.Path, p.Matches(r), e, want)
	}
}

func TestEntriesAreORAndExcludeWins(t *testing.T) {
	set := compile(t, policy("p", `
match: [{path: {prefix: /a}}, {path: {exact: /b}}]
exclude: [{path: {exact: /a/x}}, {methods: [GET]}]`))
	for p, want := range map[string]bool{"/a/1": true, "/b": true, "/c": false, "/a/x": false} {
		r := path(p)
		wants(t, set, &r, want)
		r.Method = "GET"
		wants(t, set, &r, false)
	}
}

func TestAPolicyActsOnItsListener(t *testing.T) {
	bound, free := compile(t, policy("p", "listener: egress")), compile(t, policy("p", ""))
	for listener, want := range map[string]bool{"egress": true, "ingress": false, "": false} {
		r := order(func(r *policies.Request) { r.Listener = listener })
		wants(t, bound, &r, want)
		wants(t, free, &r, true)
	}
}

func TestARequestWithoutFieldsIsARequest(t *testing.T) {
	set := compile(t, policy("p", "match: [{headers: [{name: a, present: false}], cookies: [{name: a, present: false}]}]"))
	wants(t, set, &policies.Request{}, true)
}
