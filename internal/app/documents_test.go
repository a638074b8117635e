package app_test

import "strings"

// Documents of the tests. Eight requests of ten must be answered well: enough
// evidence for or against it comes in a second.

const belief = `
apiVersion: poise.dev/v1alpha1
kind: Hypothesis
metadata: {name: stays-good}
spec:
  belief: Eight requests of ten are answered well, whatever happens.
  why: The service answers everything.
  objectives:
  - {name: availability, good: {status: "<500"}, target: 80}
---
`

// policy is a FaultPolicy of the given name, with more of its spec. The coin is
// seeded, so that no test depends on luck.
func policy(name, spec string) string {
	return `
apiVersion: poise.dev/v1alpha1
kind: FaultPolicy
metadata: {name: ` + name + `}
spec:
  percentage: 50
  seed: 7
  ` + spec + `
---
`
}

// trial is a Verification of a policy, with more of its spec.
func trial(name, policy, spec string) string {
	if !strings.Contains(spec, "duration:") {
		spec = "duration: 5m, " + spec
	}
	return `
apiVersion: poise.dev/v1alpha1
kind: Verification
metadata: {name: ` + name + `}
spec: {hypothesis: stays-good, policies: [` + policy + `], interval: 50ms, ` + spec + `}
---
`
}

// The faults: one that breaks the belief, one that does not, and one that
// nobody meets.
const (
	breaking = "fault: {abort: {status: 503}}"
	mild     = "fault: {delay: {fixed: 2ms}}"
	nobodys  = "fault: {abort: {status: 503}}\n  match: [{path: {prefix: /nowhere}}]"
)

// quick is a verification that ends as soon as it can.
const quick = "baseline: 200ms, recovery: 200ms"

// experiment is a belief tested under one policy, "fault", by the verification
// "try".
func experiment(fault, spec string) string {
	return belief + policy("fault", fault) + trial("try", "fault", spec)
}
