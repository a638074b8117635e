package policies_test

import (
	"strings"
	"testing"

	"github.com/poise-dev/poise/policies"
)

// compile returns the Set of documents written in YAML.
func compile(tb testing.TB, text string) *policies.Set {
	tb.Helper()
	set, err := policies.Compile(parse(tb, text))
	if err != nil {
		tb.Fatalf("Compile: %v\n%s", err, text)
	}
	return set
}

// parse returns documents written in YAML.
func parse(tb testing.TB, text string) []policies.Document {
	tb.Helper()
	documents, err := policies.Parse("test.yaml", []byte(text))
	if err != nil {
		tb.Fatalf("Parse: %v\n%s", err, text)
	}
	return documents
}

// document returns one document in YAML; the spec is in flow style or indented
// by two.
func document(kind, name, spec string) string {
	return "apiVersion: poise.dev/v1alpha1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec:\n  " +
		strings.ReplaceAll(strings.TrimSpace(spec), "\n", "\n  ") + "\n---\n"
}

// policy returns a FaultPolicy that draws every request, unless more says
// otherwise, and aborts it with 503.
func policy(name, more string) string {
	spec := "fault: {abort: {status: 503}}\n" + more
	if !strings.Contains(more, "percentage:") {
		spec += "\npercentage: 100"
	}
	return document("FaultPolicy", name, spec)
}

const belief = `
belief: It holds.
objectives:
- {name: availability, good: {status: "<500"}, target: 99.5}
`

func TestCompileReportsEverythingThatIsWrongBetweenDocuments(t *testing.T) {
	text := policy("slow", "") + policy("slow", "") + policy("slower", "") +
		document("Hypothesis", "holds", belief) +
		document("Verification", "one", "{hypothesis: hold, policies: [slow, slw]}")
	_, err := policies.Compile(parse(t, text))
	problems, ok := err.(policies.Problems) //nolint:errorlint // the type is the promise
	if !ok {
		t.Fatalf("Compile: %v, want Problems", err)
	}
	want := []string{
		`metadata.name: a second FaultPolicy is named "slow" (the other is in test.yaml:1)`,
		`spec.hypothesis: there is no Hypothesis named "hold" (expected one of holds; did you mean holds?)`,
		`spec.policies[1]: there is no FaultPolicy named "slw" (expected one of slow, slower; did you mean slow?)`,
	}
	for i, p := range problems {
		if i < len(want) && !strings.Contains(p.String(), want[i]) {
			t.Errorf("problem %d: %s\nwant: %s", i, p, want[i])
		}
		if p.Line == 0 || p.File != "test.yaml" {
			t.Errorf("problem %d has no place: %s", i, p)
		}
	}
	if len(problems) != len(want) {
		t.Errorf("%d problems, want %d:\n%v", len(problems), len(want), err)
	}
}

func TestCompileRefusesWhatNoParserSaw(t *testing.T) {
	fault := &policies.Fault{Abort: &policies.Abort{Status: 503}}
	for name, c := range map[string]struct {
		document policies.Document
		want     string
	}{
		"a document without a spec": {
			policies.Document{Kind: policies.KindFaultPolicy}, "spec: is missing",
		},
		"a policy without a fault": {
			policies.Document{Policy: &policies.FaultPolicy{}}, "spec.fault: is missing",
		},
		"a path that asks nothing, which would match every path": {
			policies.Document{Policy: &policies.FaultPolicy{Fault: fault, Match: []policies.Condition{{Path: &policies.PathMatch{}}}}},
			"spec.match[0].path: asks nothing",
		},
		"a host that asks nothing": {
			policies.Document{Policy: &policies.FaultPolicy{Fault: fault, Exclude: []policies.Condition{{Host: &policies.HostMatch{}}}}},
			"spec.exclude[0].host: asks nothing",
		},
		"a header that asks nothing": {
			policies.Document{Policy: &policies.FaultPolicy{Fault: fault, Match: []policies.Condition{{}, {Headers: []policies.HeaderMatch{{Name: "a"}}}}}},
			"spec.match[1].headers[0]: asks nothing",
		},
		"a regular expression that is none": {
			policies.Document{Policy: &policies.FaultPolicy{Fault: fault, Match: []policies.Condition{{Path: &policies.PathMatch{Regex: "("}}}}},
			"spec.match[0].path.regex: ",
		},
		"an objective without a target": {
			policies.Document{Hypothesis: &policies.Hypothesis{Objectives: []policies.Objective{{Good: &policies.Good{}}}}},
			"spec.objectives[0]: cannot be counted",
		},
		"an experiment without a fault": {
			policies.Document{Verification: &policies.Verification{}},
			"spec.policies: an experiment needs a fault",
		},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := policies.Compile([]policies.Document{c.document})
			if err == nil || set != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Compile: %v, want %q", err, c.want)
			}
		})
	}
}

func TestASetOfNothingIsValid(t *testing.T) {
	compiled, err := policies.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]*policies.Set{"compiled": compiled, "zero": new(policies.Set), "nil": nil} {
		t.Run(name, func(t *testing.T) {
			d := policies.Decision{Arm: policies.ArmFault, Policy: new(policies.Policy)}
			set.Decide(&policies.Request{Path: "/"}, always{}, &d)
			if d.Arm != policies.ArmNone || d.Policy != nil {
				t.Errorf("decided %v", d)
			}
			if len(set.Documents())+len(set.Policies())+len(set.Beliefs())+len(set.Trials()) > 0 ||
				set.Policy("") != nil || set.Belief("") != nil || set.Trial("") != nil {
				t.Error("holds something")
			}
			if e := set.Explain(&policies.Request{}); e.Policy != "" || e.Why == nil {
				t.Errorf("explains %v", e)
			}
		})
	}
}

func TestASetIsInAStableOrder(t *testing.T) {
	set := compile(t, policy("b", "")+policy("c", "order: 1")+policy("a", "")+
		document("Hypothesis", "h2", belief)+document("Hypothesis", "h1", belief)+
		document("Verification", "v2", "{hypothesis: h1, policies: [b, a]}")+
		document("Verification", "v1", "{hypothesis: h1, policies: [a]}"))
	var got []string
	for i, p := range set.Policies() {
		got = append(got, p.Name)
		if p.Index != i || set.Policy(p.Name) != p {
			t.Errorf("%s has index %d", p.Name, p.Index)
		}
	}
	for _, b := range set.Beliefs() {
		got = append(got, b.Name)
	}
	for _, trial := range set.Trials() {
		got = append(got, trial.Name)
	}
	for _, d := range set.Documents() {
		got = append(got, d.Metadata.Name)
	}
	if got, want := strings.Join(got, " "), "c a b h1 h2 v1 v2 a b c h1 h2 v1 v2"; got != want {
		t.Errorf("order is %s, want %s", got, want)
	}
	if names := set.Trial("v2").Policies; names[0].Name != "b" || names[1].Name != "a" {
		t.Error("a trial's policies are not in the order of its document")
	}
}

func TestATrialHasDefaults(t *testing.T) {
	text := policy("slow", "") + document("Hypothesis", "holds", belief)
	plain := compile(t, text+document("Verification", "v", "{hypothesis: holds, policies: [slow]}")).Trial("v")
	written := compile(t, text+document("Verification", "v", `{hypothesis: holds, policies: [slow], mode: experiment,
    baseline: 30s, duration: 5m, recovery: 30s, interval: 250ms, lease: 3s, alpha: 0.01, beta: 0.05, minBad: 3}`)).Trial("v")
	a, b := *plain, *written
	a.Belief, a.Policies, b.Belief, b.Policies = nil, nil, nil, nil
	if a.Duration == 0 || a.Lease == 0 || a.Alpha == 0 || a.Name != b.Name || a.Baseline != b.Baseline || a.Duration != b.Duration ||
		a.Recovery != b.Recovery || a.Interval != b.Interval || a.Lease != b.Lease || a.Alpha != b.Alpha || a.Beta != b.Beta ||
		a.MinBad != b.MinBad || a.Mode != b.Mode {
		t.Errorf("defaults are %+v, want %+v", a, b)
	}
	zero := compile(t, text+document("Verification", "v", "{hypothesis: holds, policies: [slow], baseline: 0s, recovery: 0s}")).Trial("v")
	if zero.Baseline != 0 || zero.Recovery != 0 {
		t.Errorf("a written zero became %v and %v", zero.Baseline, zero.Recovery)
	}
}

func TestAPolicyIsToldInWords(t *testing.T) {
	for fault, want := range map[string]string{
		"{delay: {fixed: 400ms}}":                                                    "delay 400ms",
		"{delay: {lognormal: {median: 200ms, p99: 2s}}}":                             "delay lognormal median 200ms p99 2s",
		"{delay: {lognormal: {median: 200ms, sigma: 0.5}}}":                          "delay lognormal median 200ms sigma 0.5",
		"{delay: {uniform: {min: 100ms, max: 1s}}}":                                  "delay uniform 100ms to 1s",
		"{delay: {normal: {mean: 1s, stddev: 100ms}, max: 2s}}":                      "delay normal mean 1s stddev 100ms, at most 2s",
		"{delay: {pareto: {scale: 10ms, shape: 1.5}}}":                               "delay pareto scale 10ms shape 1.5",
		"{delay: {quantiles: {p50: 10ms, p95: 50ms, p99: 1m}}}":                      "delay p50 10ms p95 50ms p99 1m",
		"{delay: {fixed: 400ms}, abort: {status: 503}}":                              "delay 400ms, then abort 503",
		"{abort: {grpcStatus: UNAVAILABLE}}":                                         "abort gRPC UNAVAILABLE",
		"{abort: {connection: reset}}":                                               "reset the connection",
		"{abort: {connection: close}}":                                               "close the connection",
		"{abort: {connection: hang}}":                                                "hang for 1m, then close the connection",
		"{abort: {connection: hang, timeout: 5s}}":                                   "hang for 5s, then close the connection",
		"{delay: {fixed: 1s, phase: request}, abort: {status: 429, phase: request}}": "delay 1s, then abort 429",
	} {
		set := compile(t, document("FaultPolicy", "p", "percentage: 5\nfault: "+fault))
		if got := set.Policy("p").Text; got != want {
			t.Errorf("%s\n is told as %q,\n want %q", fault, got, want)
		}
	}
}

func TestADigestFollowsTheMeaningOfAPolicy(t *testing.T) {
	digest := func(text string) string { return compile(t, text).Policies()[0].Digest }
	plain := digest(policy("p", "percentage: 5"))
	for name, same := range map[string]string{
		"defaults that are written": policy("p", "percentage: 5\norder: 100\nassign: {by: request}"),
		"a number in another form":  policy("p", "percentage: 5.0"),
		"labels":                    strings.Replace(policy("p", "percentage: 5"), "{name: p}", "{name: p, labels: {a: b}}", 1),
		"the place in the file":     "\n\n" + policy("p", "percentage: 5"),
	} {
		if digest(same) != plain {
			t.Errorf("%s changed the digest", name)
		}
	}
	seen := map[string]string{plain: "the plain policy"}
	for name, other := range map[string]string{
		"its name":       policy("q", "percentage: 5"),
		"its percentage": policy("p", "percentage: 6"),
		"its order":      policy("p", "percentage: 5\norder: 7"),
		"a seed":         policy("p", "percentage: 5\nseed: 0"),
		"a limit":        policy("p", "percentage: 5\nlimits: {maxTotal: 1}"),
		"a condition":    policy("p", "percentage: 5\nmatch: [{methods: [GET]}]"),
		"an exclusion":   policy("p", "percentage: 5\nexclude: [{methods: [GET]}]"),
		"its assignment": policy("p", "percentage: 5\nassign: {by: \"header:a\"}"),
		"its fault":      document("FaultPolicy", "p", "percentage: 5\nfault: {abort: {status: 504}}"),
	} {
		d := digest(other)
		if was := seen[d]; was != "" {
			t.Errorf("%s and %s have one digest", name, was)
		}
		seen[d] = name
	}
}
