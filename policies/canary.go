package policies

import (
	"net/textproto"
	"strings"
)

// Populations are the two versions that a canary compares: requests of one
// listener, told apart by a header.
type Populations struct {
	Listener string // empty: the only one
	// Header is the canonical name of the request header.
	Header           string
	Canary, Baseline string // its values
}

// Of returns the population of a request: ArmFault is the canary, ArmControl the
// baseline. The first value of the header counts.
func (p *Populations) Of(f Fields) Arm {
	if f == nil {
		return ArmNone
	}
	switch value, ok := f.Field(p.Header, 0); {
	case !ok:
		return ArmNone
	case value == p.Canary:
		return ArmFault
	case value == p.Baseline:
		return ArmControl
	default:
		return ArmNone
	}
}

// String names both populations: "X-Version v2 against v1".
func (p *Populations) String() string { return p.Header + " " + p.Canary + " against " + p.Baseline }

// populations compiles the populations of a canary.
func (d draft) populations() *Populations {
	in := d.Verification.Canary
	if in == nil {
		return nil
	}
	p := &Populations{Listener: in.Listener, Canary: in.Canary, Baseline: in.Baseline}
	if name, ok := strings.CutPrefix(in.By, "header:"); ok {
		p.Header = textproto.CanonicalMIMEHeaderKey(name)
	}
	return p
}

// canary checks the two populations of mode canary.
func (v *validator) canary(c *Canary) {
	const field = "spec.canary"
	if c == nil {
		v.report(field, "is missing", "listener, by, canary and baseline", "")
		return
	}
	if c.Listener != "" {
		v.name(field+".listener", c.Listener)
	}
	kind, name, _ := strings.Cut(c.By, ":")
	switch {
	case kind == "response-header", kind == "promql":
		v.later(field+".by", "telling populations apart by "+kind, "the metrics source")
	case kind != "header" || name == "" || !isToken(name):
		v.report(field+".by", brief(c.By)+" tells nobody apart", "header:NAME", "")
	}
	if c.Canary == c.Baseline {
		v.report(field+".baseline", brief(c.Baseline)+" is the canary too", "values that differ", "")
	}
}
