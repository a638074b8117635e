package policies_test

import (
	"encoding/json"
	"testing"

	"github.com/poise-dev/poise/policies"
)

func TestAnExplanationSaysWhyInOneSentence(t *testing.T) {
	for more, want := range map[string]string{
		"percentage: 5": "every request matches; 5% of such requests meet: abort 503",
		"percentage: 5\nmatch: [{methods: [POST], path: {prefix: /payments}}]": `method is POST and path "/payments/1" is under /payments; 5% of such requests meet: abort 503`,
		"listener: ingress":                                         "it acts on listener ingress, not on egress",
		"match: [{methods: [GET, HEAD]}]":                           "method POST is not GET, HEAD",
		"match: [{path: {prefix: /x}}]":                             `path "/payments/1" is not under /x`,
		"match: [{path: {exact: /x}}]":                              `path "/payments/1" is not "/x"`,
		"match: [{path: {glob: /x/**}}]":                            `path "/payments/1" is not like /x/**`,
		"match: [{path: {regex: ^/x}}]":                             `path "/payments/1" does not match ^/x`,
		"match: [{path: {exact: /x}}, {methods: [GET]}]":            `path "/payments/1" is not "/x"; method POST is not GET`,
		"match: [{host: {exact: x.local}}]":                         `host "payment.local" is not "x.local"`,
		"match: [{host: {glob: '*.x'}}]":                            `host "payment.local" is not like *.x`,
		"match: [{headers: [{name: x-user, exact: bob}]}]":          `header X-User "test-7" is not "bob"`,
		"match: [{headers: [{name: x-user, prefix: bob}]}]":         `header X-User "test-7" does not start with "bob"`,
		"match: [{headers: [{name: x-user, suffix: bob}]}]":         `header X-User "test-7" does not end with "bob"`,
		"match: [{headers: [{name: x-user, contains: bob}]}]":       `header X-User "test-7" does not contain "bob"`,
		"match: [{headers: [{name: x-none, exact: bob}]}]":          "header X-None is absent",
		"match: [{headers: [{name: x-user, present: false}]}]":      "header X-User is present",
		"match: [{query: [{name: k, exact: w}]}]":                   `query k "v" is not "w"`,
		"match: [{cookies: [{name: user, exact: '1'}]}]":            `cookie user "42" is not "1"`,
		"match: [{source: {cidrs: [10.0.0.0/8]}}]":                  "peer 127.0.0.2 is not in 10.0.0.0/8",
		"match: [{source: {identities: ['spiffe://x']}}]":           "identity spiffe://mesh/ns/shop/sa/web is not in spiffe://x",
		"match: [{grpc: {service: pay.Payments}}]":                  "it is not a gRPC call",
		"exclude: [{path: {prefix: /payments}}, {methods: [POST]}]": `excluded: path "/payments/1" is under /payments`,
		"assign: {by: 'header:x-none'}":                             "the request has no header:X-None to assign it by",
		"assign: {by: 'cookie:user'}":                               "every request matches; by its cookie:user it meets: abort 503",
		"assign: {by: source}\npercentage: 0":                       "every request matches; by its source it is in the control arm",
	} {
		r := order(func(r *policies.Request) { r.Fields.(policies.FieldMap)["X-User"] = []string{"test-7"} })
		e := compile(t, policy("p", more)).Explain(&r)
		if got := e.Why[0].Why; got != want {
			t.Errorf("%s\n is explained: %s\n want:         %s", more, got, want)
		}
	}
}

func TestAnExplanationOfAGRPCCall(t *testing.T) {
	abort := document("FaultPolicy", "p", "percentage: 1\nmatch: [{grpc: {service: pay.Payments, method: Charge}}]\nfault: {abort: {grpcStatus: UNAVAILABLE}}")
	for path, want := range map[string]string{
		"/pay.Payments/Charge":         "it calls gRPC pay.Payments/Charge; 1% of such requests meet: abort gRPC UNAVAILABLE",
		"/pay.Payments/Refund":         `gRPC method "Refund" is not "Charge"`,
		"/pay.Refunds/Charge":          `gRPC service "pay.Refunds" is not "pay.Payments"`,
		"/grpc.health.v1.Health/Check": `gRPC service "grpc.health.v1.Health" is not "pay.Payments"`,
	} {
		r := call(path)
		if got := compile(t, abort).Explain(&r).Why[0].Why; got != want {
			t.Errorf("%s is explained: %s\nwant: %s", path, got, want)
		}
	}
	every := document("FaultPolicy", "p", "percentage: 1\nfault: {abort: {grpcStatus: UNAVAILABLE}}")
	r := path("/x")
	e := compile(t, every).Explain(&r)
	if want := "every request matches; abort gRPC UNAVAILABLE needs a gRPC request"; e.Why[0].Why != want || e.Policy != "" || !e.Why[0].Matched {
		t.Errorf("explained %+v, want %q", e, want)
	}
}

func TestAnExplanationOfSpecialRequests(t *testing.T) {
	set := compile(t, policy("p", "match: [{path: {prefix: /}}, {methods: [PUT]}]"))
	probe := agent("kube-probe/1.30")
	marked := order(func(r *policies.Request) { r.Fields = policies.FieldMap{"X-Poise-Fault": {"slow"}} })
	for want, r := range map[string]*policies.Request{
		"it is a health check, which no condition names; method POST is not PUT":       &probe,
		"it is marked x-poise-fault, which no condition names; method POST is not PUT": &marked,
	} {
		if got := set.Explain(r).Why[0].Why; got != want {
			t.Errorf("explained: %s\nwant:      %s", got, want)
		}
	}
}

func TestAnExplanationInJSON(t *testing.T) {
	set := compile(t, policy("b", "percentage: 2.5\nmatch: [{path: {prefix: /payments}}]")+
		policy("a", "order: 200")+policy("c", "order: 1\npercentage: 0"))
	r := path("/payments")
	got, err := json.Marshal(set.Explain(&r))
	want := `{"policy":"b","fault":"abort 503","percentage":2.5,"why":[` +
		`{"policy":"c","matched":true,"why":"every request matches; 0% of such requests meet: abort 503"},` +
		`{"policy":"b","matched":true,"why":"path \"/payments\" is under /payments; 2.5% of such requests meet: abort 503"},` +
		`{"policy":"a","matched":true,"why":"every request matches; 100% of such requests meet: abort 503"}]}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	none, err := json.Marshal(new(policies.Set).Explain(&r))
	if want := `{"policy":"","fault":"","percentage":0,"why":[]}`; err != nil || string(none) != want {
		t.Errorf("nothing is explained as %s", none)
	}
}
