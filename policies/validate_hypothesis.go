package policies

import (
	"regexp"
	"strings"
)

// condition of a promql objective: a comparison with a number.
var guardPattern = regexp.MustCompile(`^(>=|<=|==|!=|>|<) *-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// hypothesis checks the spec of a Hypothesis.
func (v *validator) hypothesis(h *Hypothesis) {
	if strings.TrimSpace(h.Belief) == "" {
		v.report("spec.belief", "is empty", "what we believe, in words", "")
	}
	if len(h.Objectives) == 0 {
		v.report("spec.objectives", "is empty", "at least one objective", "")
	}
	names, decides := make(map[string]bool), false
	for i := range h.Objectives {
		o, field := &h.Objectives[i], entry("spec.objectives", i)
		if names[o.Name] {
			v.report(field+".name", brief(o.Name)+" is the name of another objective", "names that differ", "")
		}
		names[o.Name] = true
		decides = decides || !o.Advisory
		v.objective(field, o)
	}
	if len(h.Objectives) > 0 && !decides {
		v.report("spec.objectives", "all of them are advisory", "at least one that decides", "remove advisory from one")
	}
	if c := h.Comparison; c != nil && c.Ratio != nil && *c.Ratio < 1 {
		v.report("spec.comparison.ratio", "is below 1", "a tolerated factor of at least 1", "")
	}
}

// objective checks one objective.
func (v *validator) objective(field string, o *Objective) {
	v.name(field+".name", o.Name)
	v.conditions(field+".match", o.Match)
	v.conditions(field+".exclude", o.Exclude)
	if o.Listener != "" {
		v.name(field+".listener", o.Listener)
	}
	kind := v.oneOf(field, "good", "promql", "goodQuery")
	v.only(field, kind != "promql", "good", "target", "tolerance")
	v.only(field, kind == "promql", "promql", "condition", "for")
	v.only(field, kind == "goodQuery", "goodQuery", "totalQuery")
	v.only(field, kind != "goodQuery" || o.TotalQuery != "", "totalQuery", "goodQuery")
	v.positive(field+".for", or(o.For, 0))
	if kind == "promql" && !guardPattern.MatchString(o.Condition) {
		v.report(field+".condition", brief(o.Condition)+" is not a condition", "a comparison such as >= 10", "")
	}
	if kind == "good" || kind == "goodQuery" {
		v.target(field, o)
	}
	if o.Good != nil {
		v.good(field+".good", o.Good)
	}
}

// target checks how much must be good, and how much may be bad under fault.
func (v *validator) target(field string, o *Objective) {
	switch {
	case o.Target == nil:
		v.report(field+".target", "is missing", "percent good, such as 99.5", "")
	case *o.Target == 0:
		v.report(field+".target", "0 promises nothing", "a percentage above 0", "")
	case *o.Target == Whole && o.Tolerance == nil:
		v.report(field+".tolerance", "is missing beside a target of 100", "percent bad tolerated among the requests that met the fault", "write tolerance: 0.5, or a lower target")
	}
	switch {
	case o.Tolerance == nil:
	case *o.Tolerance == 0:
		v.report(field+".tolerance", "0 can never be shown to hold", "a percentage above 0", "write 0.5 for one request in two hundred")
	case *o.Tolerance == Whole:
		v.report(field+".tolerance", "100 tolerates everything", "a percentage below 100", "")
	}
}

// good checks what makes a request good.
func (v *validator) good(field string, g *Good) {
	if g.Status == nil && len(g.GRPC) == 0 && g.Latency == nil {
		v.report(field, "says nothing", "at least one of status, grpc and latency", "")
	}
	v.some(field+".grpc", len(g.GRPC), "")
	v.positive(field+".latency", or(g.Latency, 0))
}
