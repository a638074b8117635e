package policies_test

import (
	"strings"
	"testing"

	"github.com/poise-dev/poise/policies"
)

// withSpec returns a document with this spec in flow style, so that a spec is
// one line of a table.
func withSpec(kind, spec string) []byte {
	return []byte("apiVersion: poise.dev/v1alpha1\nkind: " + kind + "\nmetadata: {name: x}\nspec: {" + spec + "}\n")
}

// check parses a spec and compares the problems, without their places.
func check(t *testing.T, kind string, tests map[string]struct{ spec, want string }) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := policies.Parse("", withSpec(kind, test.spec))
			var got []string
			if err != nil {
				for line := range strings.SplitSeq(err.Error(), "\n") {
					_, problem, _ := strings.Cut(line, ": ")
					got = append(got, strings.TrimPrefix(problem, "spec."))
				}
			}
			if strings.Join(got, "\n") != test.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), test.want)
			}
		})
	}
}

func TestAPolicySaysWhichRequestsWhichFaultAndHowMany(t *testing.T) {
	const ok, delay = "", "percentage: 5, fault: {delay: {fixed: 1s}}"
	check(t, "FaultPolicy", map[string]struct{ spec, want string }{
		"the least there is":                                {delay, ok},
		"a percentage of none":                              {"percentage: 0, fault: {delay: {fixed: 1s}}", ok},
		"no percentage":                                     {"fault: {delay: {fixed: 1s}}", "percentage: is missing (expected a number from 0 to 100; write 5 for one request in twenty)"},
		"no fault":                                          {"percentage: 5", "fault: is missing (expected at least one of delay, abort, response, throttle and websocket)"},
		"a fault of nothing":                                {"percentage: 5, fault: {}", "fault: does nothing (expected at least one of delay, abort, response, throttle and websocket)"},
		"delay and abort":                                   {"percentage: 5, fault: {delay: {fixed: 1s}, abort: {status: 503}}", ok},
		"failFirst":                                         {"failFirst: 2, fault: {delay: {fixed: 1s}}", ok},
		"headerControl":                                     {"headerControl: true", ok},
		"expires":                                           {delay + ", expires: 2026-12-31T00:00:00Z", ok},
		"failFirst beside a percentage":                     {"failFirst: 2, " + delay, "failFirst: failFirst beside percentage (expected one of them; remove percentage)"},
		"failFirst beside a key and headers":                {"failFirst: 2, assign: {by: source}, headerControl: true", "failFirst: failFirst beside assign (expected one of them; remove assign)\nfailFirst: failFirst beside headerControl (expected one of them; remove headerControl)"},
		"every fault at once":                               {`percentage: 5, fault: {delay: {fixed: 1s}, throttle: {download: 1KiB/s, upload: 2KB/s}, websocket: {dropEvery: 2}, response: {status: 501, body: x, headers: {set: {a: b}, add: {c: d}, remove: [e]}, truncateAfter: 5B, corrupt: {percentage: 1}}, abort: {status: 503, phase: response}}`, ok},
		"corruption of nothing":                             {"percentage: 5, fault: {response: {corrupt: {percentage: 0}}}", "fault.response.corrupt.percentage: 0 corrupts nothing (expected a percentage above 0)"},
		"a body where none may be":                          {"percentage: 5, fault: {response: {status: 304, body: x}}", "fault.response.body: a response with this status has no body (remove the body)"},
		"edits of no header":                                {"percentage: 5, fault: {response: {headers: {}}}", "fault.response.headers: does nothing (expected at least one of set, add and remove)"},
		"edits of what belongs to the connection":           {"percentage: 5, fault: {response: {headers: {remove: [Content-Length]}}}", "fault.response.headers.remove[0]: Content-Length belongs to the connection (expected other header fields; remove it: the proxy frames the answer)"},
		"a websocket dropped and closed":                    {"percentage: 5, fault: {websocket: {dropEvery: 2, closeCode: 1011}}", "fault.websocket.dropEvery: dropEvery beside closeCode (expected exactly one of closeCode, dropEvery; remove all but one)"},
		"a websocket dropped after a time":                  {"percentage: 5, fault: {websocket: {dropEvery: 2, after: 1s}}", "fault.websocket.after: after without closeCode (remove it, or write closeCode)"},
		"an end that is none":                               {delay + ", expires: soon", "expires: the text \"soon\" (expected a time such as 2026-12-31T00:00:00Z)"},
		"assignment by baggage":                             {delay + ", assign: {by: baggage}", "assign.by: assignment by baggage is not available yet (it comes with the control plane)"},
		"assignment by cookie":                              {delay + ", assign: {by: \"cookie:user\"}, seed: 7, order: -1", ok},
		"limits":                                            {delay + ", limits: {maxConcurrent: 1, maxPerSecond: 0.5, maxTotal: 1, maxShare: 0.1}", ok},
		"limits that stop":                                  {delay + ", limits: {maxConcurrent: 0, maxPerSecond: 0, maxTotal: 0, maxShare: 0}", "limits.maxConcurrent: 0 is too small (expected at least 1)\nlimits.maxPerSecond: must let something through (expected a number above 0; remove the policy to stop it)\nlimits.maxTotal: 0 is too small (expected at least 1)\nlimits.maxShare: must let something through (expected a percentage above 0; remove the policy to stop it)"},
		"limits below nothing":                              {delay + ", limits: {maxPerSecond: -1}", "limits.maxPerSecond: must let something through (expected a number above 0; remove the policy to stop it)"},
		"an empty match":                                    {delay + ", match: []", "match: is empty (expected at least one entry; leave it out to match every request)"},
		"an unknown fault":                                  {"percentage: 5, fault: {explode: true}", "fault.explode: no such field (expected delay, abort, response, throttle or websocket)"},
		"what follows is not said":                          {"percentag: 5, falt: {delay: {fixed: 1s}}", "percentag: no such field (expected listener, order, match, exclude, percentage, assign, seed, fault, limits, failFirst, headerControl or expires; did you mean percentage?)\nfalt: no such field (expected listener, order, match, exclude, percentage, assign, seed, fault, limits, failFirst, headerControl or expires; did you mean fault?)"},
		"what does not follow is":                           {"percentage: 500, fault: {}", "percentage: 500 is not a percentage (expected a number from 0 to 100; write 5 for one request in twenty)\nfault: does nothing (expected at least one of delay, abort, response, throttle and websocket)"},
		"a rewritten status":                                {"percentage: 5, fault: {response: {status: 501}}", ok},
		"a response that cuts once, and without unit":       {"percentage: 5, fault: {response: {truncateAfter: 5B, resetAfter: 3}}", "fault.response.resetAfter: 3 is not a size (expected a size such as 5B, 64KiB or 100KB; write the unit: 3B or 3KiB)"},
		"a response that cuts twice":                        {"percentage: 5, fault: {response: {truncateAfter: 5B, resetAfter: 3B}}", "fault.response.resetAfter: resetAfter beside truncateAfter (expected one of them; remove one)"},
		"a response of nothing":                             {"percentage: 5, fault: {response: {}}", "fault.response: does nothing (expected at least one of status, body, headers, truncateAfter, resetAfter and corrupt)"},
		"header edits of no name":                           {"percentage: 5, fault: {response: {headers: {set: {a: b}, remove: [\"a b\"]}}}", "fault.response.headers.remove[0]: \"a b\" is not the name of a header field (expected a name such as x-user)"},
		"a websocket closed with a code that is never sent": {"percentage: 5, fault: {websocket: {closeCode: 1006, after: 2s}}", "fault.websocket.closeCode: this code is never sent (expected a code of RFC 6455 section 7.4; write 1011 for a server error)"},
		"a throttle without unit":                           {"percentage: 5, fault: {throttle: {download: 100KiB}}", "fault.throttle.download: 100KiB is not a rate (expected a rate such as 100KiB/s; write 100KiB/s)"},
		"a websocket that is closed":                        {"percentage: 5, fault: {websocket: {closeCode: 99}}", "fault.websocket.closeCode: 99 is too small (expected a number from 1000 to 4999)"},
	})
}

func TestADelayHasOneDistribution(t *testing.T) {
	const kinds = "exactly one of fixed, uniform, normal, lognormal, pareto, quantiles"
	tests := map[string]struct{ spec, want string }{}
	for name, test := range map[string]struct{ delay, want string }{
		"fixed":                         {"fixed: 1s, max: 2s, phase: request", ""},
		"uniform":                       {"uniform: {min: 0s, max: 1s}", ""},
		"uniform of one value":          {"uniform: {min: 1s, max: 1s}", ""},
		"normal":                        {"normal: {mean: 1s, stddev: 100ms}", ""},
		"lognormal by p99":              {"lognormal: {median: 1s, p99: 2s}", ""},
		"lognormal by sigma":            {"lognormal: {median: 1s, sigma: 0.5}", ""},
		"pareto":                        {"pareto: {scale: 1s, shape: 1.5}", ""},
		"quantiles":                     {"quantiles: {p50: 1s, p95: 2s, p99: 2s}", ""},
		"none":                          {"max: 1s", "fault.delay: says nothing (expected " + kinds + ")"},
		"two":                           {"fixed: 1s, pareto: {scale: 1s, shape: 1}", "fault.delay.pareto: pareto beside fixed (expected " + kinds + "; remove all but one)"},
		"no time":                       {"fixed: 0s", "fault.delay.fixed: 0s is too short (expected more than 0s)"},
		"no room":                       {"fixed: 1s, max: 0s", "fault.delay.max: 0s is too short (expected more than 0s)"},
		"uniform the wrong way round":   {"uniform: {min: 2s, max: 1s}", "fault.delay.uniform.max: 1s is shorter than min (expected at least 2s)"},
		"uniform with one end":          {"uniform: {min: 2s}", "fault.delay.uniform.max: is missing (expected a duration such as 400ms, 1h30m or 30d)"},
		"lognormal by both":             {"lognormal: {median: 1s, p99: 2s, sigma: 1}", "fault.delay.lognormal.sigma: sigma beside p99 (expected exactly one of p99, sigma; remove all but one)"},
		"lognormal by neither":          {"lognormal: {median: 1s}", "fault.delay.lognormal: says nothing (expected exactly one of p99, sigma)"},
		"lognormal without a tail":      {"lognormal: {median: 1s, p99: 1s}", "fault.delay.lognormal.p99: 1s is not longer than the median (expected more than 1s)"},
		"lognormal without width":       {"lognormal: {median: 1s, sigma: 0}", "fault.delay.lognormal.sigma: is not above 0 (expected a number above 0)"},
		"pareto without shape":          {"pareto: {scale: 1s, shape: 0}", "fault.delay.pareto.shape: is not above 0 (expected a number above 0)"},
		"quantiles that fall":           {"quantiles: {p50: 3s, p95: 2s, p99: 1s}", "fault.delay.quantiles.p95: 2s is shorter than p50 (expected at least 3s)\nfault.delay.quantiles.p99: 1s is shorter than p95 (expected at least 2s)"},
		"for each event":                {"fixed: 1s, phase: event", ""},
		"after the upstream answered":   {"fixed: 1s, phase: response", ""},
		"a phase that will never exist": {"fixed: 1s, phase: later", `fault.delay.phase: "later" is not known (expected request, response or event)`},
	} {
		tests[name] = struct{ spec, want string }{"percentage: 5, fault: {delay: {" + test.delay + "}}", test.want}
	}
	check(t, "FaultPolicy", tests)
}

func TestAnAbortHasOneKind(t *testing.T) {
	const kinds = "exactly one of status, grpcStatus, connection"
	tests := map[string]struct{ spec, want string }{}
	for name, test := range map[string]struct{ abort, want string }{
		"a status with all it may have":  {"status: 503, body: no, contentType: text/plain, headers: {retry-after: \"1\"}", ""},
		"a gRPC status":                  {"grpcStatus: 14, grpcMessage: not now", ""},
		"a reset":                        {"connection: reset", ""},
		"a hang":                         {"connection: hang, timeout: 5s", ""},
		"nothing":                        {"body: x", "fault.abort: says nothing (expected " + kinds + ")\nfault.abort.body: body without status (remove it, or write status)"},
		"two kinds":                      {"status: 503, connection: close", "fault.abort.connection: connection beside status (expected " + kinds + "; remove all but one)"},
		"a status below 200":             {"status: 101", "fault.abort.status: 101 is too small (expected a number from 200 to 599)"},
		"a timeout beside reset":         {"connection: reset, timeout: 5s", "fault.abort.timeout: timeout without connection: hang (remove it, or write connection: hang)"},
		"no time to hang":                {"connection: hang, timeout: 0s", "fault.abort.timeout: 0s is too short (expected more than 0s)"},
		"a body beside a gRPC status":    {"grpcStatus: OK, body: x", "fault.abort.body: body without status (remove it, or write status)"},
		"a gRPC message beside a status": {"status: 503, grpcMessage: x", "fault.abort.grpcMessage: grpcMessage without grpcStatus (remove it, or write grpcStatus)"},
		"a body where there is none":     {"status: 204, body: x", "fault.abort.body: a response with this status has no body (remove the body)"},
		"a header of the connection":     {"status: 503, headers: {content-length: \"1\"}", "fault.abort.headers.content-length: content-length belongs to the connection (expected other header fields; remove it: the proxy frames the answer)"},
		"a header with a space":          {"status: 503, headers: {\"a b\": c}", `fault.abort.headers["a b"]: "a b" is not the name of a header field (expected a name such as x-user)`},
		"a header over two lines":        {`status: 503, headers: {a: "b\r\nc: d"}`, "fault.abort.headers.a: a line break or control character (expected one line of text)"},
		"a header given twice":           {"status: 503, headers: {a: b, A: c}", "fault.abort.headers: a header field is given twice (expected names that differ in more than case)"},
		"a content type given twice":     {"status: 503, contentType: a/b, headers: {content-type: a/b}", "fault.abort.contentType: contentType beside a Content-Type header (expected one of them)"},
		"after the upstream was called":  {"status: 503, phase: response", ""},
	} {
		tests[name] = struct{ spec, want string }{"percentage: 5, fault: {abort: {" + test.abort + "}}", test.want}
	}
	check(t, "FaultPolicy", tests)
}

func TestAConditionTestsSomething(t *testing.T) {
	const values = "exactly one of exact, prefix, suffix, contains, regex, present"
	tests := map[string]struct{ spec, want string }{}
	for name, test := range map[string]struct{ entry, want string }{
		"everything": {
			`methods: [POST], path: {prefix: /payments}, host: {glob: "*.payment.local"}, headers: [{name: x-user, regex: "^test-"}], query: [{name: k, exact: v}], ` +
				`cookies: [{name: user, exact: "42"}], source: {cidrs: [127.0.0.2/32], identities: ["spiffe://mesh/ns/shop/sa/web"]}, grpc: {service: pay.Payments, method: Charge}`, "",
		},
		"a header that is not there":    {"headers: [{name: a, present: false}]", ""},
		"a value that is empty":         {"query: [{name: a, exact: \"\"}]", ""},
		"the path of OPTIONS":           {"path: {exact: \"*\"}", ""},
		"any path by glob":              {`path: {glob: "**/health"}`, ""},
		"a method of one's own":         {"methods: [PURGE]", ""},
		"nothing":                       {"", "match[0]: an entry without a condition (expected at least one of methods, path, host, headers, query, cookies, source and grpc; leave match out to match every request)"},
		"a method in small letters":     {"methods: [GET, post]", "match[0].methods[1]: post is not a method (expected a method such as POST; write POST)"},
		"a method with a space":         {"methods: [\"A B\"]", "match[0].methods[0]: \"A B\" is not a method (expected a method such as POST)"},
		"a path by nothing":             {"path: {}", "match[0].path: says nothing (expected exactly one of exact, prefix, glob, regex)"},
		"a path by two":                 {"path: {exact: /a, prefix: /b}", "match[0].path.prefix: prefix beside exact (expected exactly one of exact, prefix, glob, regex; remove all but one)"},
		"a path without its slash":      {"path: {prefix: payments}", "match[0].path.prefix: payments is not a path (expected a path that begins with /; write /payments)"},
		"a path with a query":           {"path: {exact: \"/a?b=c\"}", `match[0].path.exact: "/a?b=c" holds more than a path (expected a path without query; use query for what follows the question mark)`},
		"a glob of three stars":         {`path: {glob: "/a/***"}`, `match[0].path.glob: "/a/***" has three stars in a row (expected * for one, ** for any number)`},
		"a regex that does not close":   {`path: {regex: "/a(b"}`, "match[0].path.regex: \"/a(b\" is not a regular expression: missing closing ): `/a(b` (expected RE2 syntax)"},
		"a regex that is not RE2":       {`headers: [{name: a, regex: "(?=b)"}]`, "match[0].headers[0].regex: \"(?=b)\" is not a regular expression: invalid or unsupported Perl syntax: `(?=` (expected RE2 syntax)"},
		"a host with a port":            {`host: {exact: "payment:8080"}`, "match[0].host.exact: payment:8080 has a port, which is ignored in requests (expected a host name; write payment)"},
		"a host that is an address":     {`host: {exact: "http://payment"}`, "match[0].host.exact: http://payment is not a host (expected a host name such as payment.local)"},
		"a header by nothing":           {"headers: [{name: a}]", "match[0].headers[0]: says nothing (expected " + values + ")"},
		"a header by two":               {"headers: [{name: a, exact: b, present: true}]", "match[0].headers[0].present: present beside exact (expected " + values + "; remove all but one)"},
		"a header of no name":           {"headers: [{name: \"\", exact: b}]", `match[0].headers[0].name: "" is not the name of a header field (expected a name such as x-user)`},
		"a cookie of no name":           {"cookies: [{name: \"\", exact: b}]", "match[0].cookies[0].name: is empty (expected a name)"},
		"a prefix every value has":      {"query: [{name: a, prefix: \"\"}]", "match[0].query[0].prefix: is empty, which every value matches (expected some text; write present: true to match any value)"},
		"a range with bits in the host": {"source: {cidrs: [10.1.2.3/8]}", "match[0].source.cidrs[0]: 10.1.2.3/8 has bits set after its mask (write 10.0.0.0/8)"},
		"a source of nobody":            {"source: {}", "match[0].source: says nothing (expected cidrs, identities or both)"},
		"gRPC of any service":           {"grpc: {}", "match[0].grpc: says nothing (expected service, method or both)"},
		"a gRPC path":                   {"grpc: {service: pay.Payments/Charge}", "match[0].grpc.service: pay.Payments/Charge has a slash (expected service: pay.Payments, method: Charge)"},
	} {
		tests[name] = struct{ spec, want string }{"percentage: 5, fault: {delay: {fixed: 1s}}, match: [{" + test.entry + "}]", test.want}
	}
	check(t, "FaultPolicy", tests)
}

func TestAHypothesisPromisesSomethingThatCanFail(t *testing.T) {
	tests := map[string]struct{ spec, want string }{
		"no objectives":       {"belief: b, objectives: []", "objectives: is empty (expected at least one objective)"},
		"no belief":           {`belief: " ", objectives: [{name: a, good: {latency: 1s}, target: 99}]`, "belief: is empty (expected what we believe, in words)"},
		"two of one name":     {"belief: b, objectives: [{name: a, good: {latency: 1s}, target: 99}, {name: a, good: {status: <500}, target: 99}]", "objectives[1].name: a is the name of another objective (expected names that differ)"},
		"advisory ones alone": {"belief: b, objectives: [{name: a, good: {latency: 1s}, target: 99, advisory: true}]", "objectives: all of them are advisory (expected at least one that decides; remove advisory from one)"},
		"comparison":          {"belief: b, objectives: [{name: a, good: {latency: 1s}, target: 99}], comparison: {ratio: 0.5}", "comparison.ratio: is below 1 (expected a tolerated factor of at least 1)"},
	}
	for name, test := range map[string]struct{ objective, want string }{
		"by status":                    {"good: {status: <500}, target: 99.5, tolerance: 0.5", ""},
		"by statuses and latency":      {`good: {status: [2xx, "404", 301], latency: 800ms}, target: 99`, ""},
		"by gRPC":                      {"good: {grpc: [OK, NOT_FOUND]}, target: 99, listener: ingress, match: [{path: {prefix: /a}}]", ""},
		"all, with a tolerance":        {"good: {status: <500}, target: 100, tolerance: 0.5", ""},
		"all, without":                 {"good: {status: <500}, target: 100", "objectives[0].tolerance: is missing beside a target of 100 (expected percent bad tolerated among the requests that met the fault; write tolerance: 0.5, or a lower target)"},
		"none":                         {"good: {status: <500}, target: 0", "objectives[0].target: 0 promises nothing (expected a percentage above 0)"},
		"no target":                    {"good: {status: <500}", "objectives[0].target: is missing (expected percent good, such as 99.5)"},
		"no tolerance at all":          {"good: {status: <500}, target: 99, tolerance: 0", "objectives[0].tolerance: 0 can never be shown to hold (expected a percentage above 0; write 0.5 for one request in two hundred)"},
		"every tolerance":              {"good: {status: <500}, target: 99, tolerance: 100", "objectives[0].tolerance: 100 tolerates everything (expected a percentage below 100)"},
		"a target above 100":           {"good: {status: <500}, target: 995", "objectives[0].target: 995 is not a percentage (expected a number from 0 to 100; write 5 for one request in twenty)"},
		"nothing good":                 {"good: {}, target: 99", "objectives[0].good: says nothing (expected at least one of status, grpc and latency)"},
		"nothing to count":             {"target: 99", "objectives[0]: says nothing (expected exactly one of good, promql, goodQuery)"},
		"no time":                      {"good: {latency: 0s}, target: 99", "objectives[0].good.latency: 0s is too short (expected more than 0s)"},
		"a status that is none":        {"good: {status: [2xx, 999]}, target: 99", `objectives[0].good.status[1]: 999 does not name HTTP statuses (expected "<500", or a list of codes and classes such as ["2xx", "404"])`},
		"a series":                     {`promql: up, condition: ">= 10", for: 10s`, "objectives[0].promql: is not available yet (it comes with the verifier; remove the field)\nobjectives[0].condition: is not available yet (it comes with the verifier; remove the field)\nobjectives[0].for: is not available yet (it comes with the verifier; remove the field)"},
		"counters":                     {`goodQuery: a, totalQuery: b, target: 99`, "objectives[0].goodQuery: is not available yet (it comes with the verifier; remove the field)\nobjectives[0].totalQuery: is not available yet (it comes with the verifier; remove the field)"},
		"a condition without a series": {"good: {latency: 1s}, target: 99, for: 0s", "objectives[0].for: is not available yet (it comes with the verifier; remove the field)"},
	} {
		tests[name] = struct{ spec, want string }{"belief: b, objectives: [{name: a, " + test.objective + "}]", test.want}
	}
	check(t, "Hypothesis", tests)
}

func TestAVerificationCanEndAndBeJudged(t *testing.T) {
	const lease = " (expected a lease of at least one interval; "
	tests := map[string]struct{ spec, want string }{
		"no hypothesis": {"policies: [p]", "hypothesis: is missing (expected text)"},
		"no policies":   {"hypothesis: h", "policies: no policy, so nothing would be tested (expected names of FaultPolicies)"},
		"a policy twice": {
			"hypothesis: h, policies: [p, q, p]", "policies[2]: p is listed twice (expected each policy once; remove one)",
		},
		"a policy that is no name": {"hypothesis: h, policies: [P]", "policies[0]: P is not a name (expected 1 to 63 small letters, digits and dashes, no dash at either end)"},
	}
	for name, test := range map[string]struct{ more, want string }{
		"defaults":                      {"mode: experiment", ""},
		"all that is there today":       {"baseline: 0s, duration: 5m, recovery: 0s, interval: 10ms, lease: 3s, alpha: 0.5, beta: 0.05, minBad: 3", ""},
		"continuous with its own clock": {"mode: continuous, interval: 1s", "interval: interval without mode: experiment (remove it, or write mode: experiment)"},
		"continuous that faults nobody": {"mode: continuous, budget: {maxRate: 0}", "budget.maxRate: 0 faults nobody (expected a percentage above 0)"},
		"continuous with a short lease": {"mode: continuous, lease: 3s", "lease: the lease (3s) would end before it is renewed (5s)" + lease + "write at least three intervals)"},
		"continuous":                    {"mode: continuous, budget: {window: 7d}", ""},
		"canary":                        {"mode: canary", "canary: is missing (expected listener, by, canary and baseline)"},
		"an unknown mode":               {"mode: experimant", `mode: "experimant" is not known (expected experiment, continuous or canary; did you mean experiment?)`},
		"no time":                       {"duration: 0s", "duration: 0s is too short (expected more than 0s)"},
		"too often":                     {"interval: 9ms", "interval: 9ms is too short (expected at least 10ms)"},
		"a lease below the interval":    {"interval: 1s, lease: 500ms", "lease: the lease (500ms) would end before it is renewed (1s)" + lease + "write at least three intervals)"},
		"a lease below the default":     {"lease: 100ms", "lease: the lease (100ms) would end before it is renewed (250ms)" + lease + "write at least three intervals)"},
		"an interval above a lease":     {"interval: 5s", "interval: the lease (3s) would end before it is renewed (5s)" + lease + "write a longer lease)"},
		"a lease for a day":             {"lease: 1d", "lease: 1d is too long (expected at most 1h; write 3s: it is renewed as long as the evidence is good)"},
		"never wrong":                   {"alpha: 0, beta: 0", "alpha: is not a chance of being wrong (expected a number between 0 and 1; write 0.01 for once in a hundred runs)\nbeta: is not a chance of being wrong (expected a number between 0 and 1; write 0.01 for once in a hundred runs)"},
		"mostly wrong":                  {"alpha: 0.51", "alpha: is worse than tossing a coin (expected at most 0.5; write 0.01 for once in a hundred runs)"},
		"no bad request needed":         {"minBad: 0", "minBad: 0 is too small (expected at least 1)"},
		"a ramp that falls":             {"ramp: [{percentage: 5}, {percentage: 1}]", "ramp[0].for: is missing (expected a duration such as 400ms, 1h30m or 30d; only the last rung lasts to the end)\nramp[1].percentage: 1 is not above the rung below (expected percentages that climb)"},
		"hours that are none":           {`hours: {days: [mon, son], from: "9:00", to: "24:00"}`, "hours.days[1]: \"son\" is not known (expected mon, tue, wed, thu, fri, sat or sun; did you mean mon?)\nhours.from: 9:00 is not a time of day (expected a time such as \"09:00\")\nhours.to: 24:00 is not a time of day (expected a time such as \"09:00\")"},
		"a freeze backwards":            {"freeze: [{from: 2027-01-04, to: 2026-12-20}]", "freeze[0].to: 2026-12-20 is before 2027-01-04 (expected a day on or after the first)"},
		"a webhook to nowhere":          {"onHalt: {webhooks: [{url: /hook}]}", "onHalt: is not available yet (it comes with the timeline; remove the field)\nonHalt.webhooks[0].url: /hook is not an address (expected an absolute http or https URL)"},
		"a budget":                      {"budget: {window: 30d, spend: 101}", "budget.spend: 101 is not a percentage (expected a number from 0 to 100; write 5 for one request in twenty)"},
		"populations":                   {"canary: {by: \"header:x-version\", canary: v2, baseline: v1}", "canary: canary without mode: canary (remove it, or write mode: canary)"},
		"one population":                {"mode: canary, canary: {by: \"header:x-version\", canary: v1, baseline: v1}", "canary.baseline: v1 is the canary too (expected values that differ)"},
		"populations by nothing":        {"mode: canary, canary: {by: \"x-version\", canary: v2, baseline: v1}", "canary.by: x-version tells nobody apart (expected header:NAME)"},
		"populations of later":          {"mode: canary, canary: {by: \"response-header:x-version\", canary: v2, baseline: v1}", "canary.by: telling populations apart by response-header is not available yet (it comes with the metrics source)"},
		"a canary with a baseline":      {"mode: canary, baseline: 30s, canary: {by: \"header:x-version\", canary: v2, baseline: v1}", "baseline: baseline without mode: experiment (remove it, or write mode: experiment)"},
	} {
		tests[name] = struct{ spec, want string }{"hypothesis: h, policies: [p], " + test.more, test.want}
	}
	check(t, "Verification", tests)
}
