// Package policies is the vocabulary of poise: the documents people write and
// what they mean for one request.
//
// There are three kinds of document. A [FaultPolicy] says which requests may
// meet which fault, and how many. A [Hypothesis] is the belief: objectives
// that stay true. A [Verification] tests a hypothesis under policies.
//
// Text becomes meaning in three steps, each of which reports every problem it
// finds, with file, line, field, what was expected and what to do:
//
//	Parse(file, text)  →  []Document      strict: unknown or repeated fields are errors
//	Compile(documents) →  *Set            immutable: matchers built, references resolved
//	Set.Decide(request, moment, decision) pure: the same words go to log, record and page
//
// The package has no clock, no chance, no network, no log and no metrics: time,
// luck and permission reach a decision through [Moment].
package policies
