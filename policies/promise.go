package policies

import (
	"slices"
	"strings"
	"time"
)

// DefaultRatio is the factor by which the fault arm may be worse than control.
const DefaultRatio = 1.25

// Promise is a compiled objective that is counted request by request.
type Promise struct {
	Hypothesis string
	Name       string
	Index      int    // place in the hypothesis
	Listener   string // empty: the only one
	// Allowed is the bad rate the target allows over all matching requests, and
	// Tolerance the one tolerated in the fault arm; both in [0,1].
	Allowed, Tolerance float64
	// Ratio and Margin bound the bad rate of the fault arm by that of control:
	// Ratio × control + Margin, the latter in [0,1].
	Ratio, Margin float64
	// Latency is the time after which a request is bad; 0: none.
	Latency  time.Duration
	Advisory bool
	// Text is the promise in words: "99.5% good (status <500)".
	Text string

	selection selection
	good      Good
}

// Outcome is how a request ended, as the caller saw it.
type Outcome struct {
	Status     int // 0: none was sent
	GRPC       bool
	GRPCStatus GRPCCode
	// Complete: the body went out whole and the caller stayed to the end.
	Complete bool
	// Latency is request head to last response byte (streams and upgrades: to
	// the response head).
	Latency time.Duration
}

// Matches tells whether the promise is about the request.
func (p *Promise) Matches(r *Request) bool {
	return (p.Listener == "" || p.Listener == r.Listener) && p.selection.admits(r, 0)
}

// Good tells whether a request that ended like this kept the promise. What was
// not answered whole, to a caller who stayed, never did.
func (p *Promise) Good(o Outcome) bool {
	if o.Status == 0 || !o.Complete {
		return false
	}
	if p.Latency > 0 && o.Latency > p.Latency {
		return false
	}
	if p.good.Status == nil && len(p.good.GRPC) == 0 {
		return o.succeeded()
	}
	if p.good.Status != nil && !p.good.Status.Has(o.Status) {
		return false
	}
	return len(p.good.GRPC) == 0 || o.GRPC && slices.Contains(p.good.GRPC, o.GRPCStatus)
}

// succeeded tells whether an answer is a success where only its latency was
// asked for: the server did not fail.
func (o Outcome) succeeded() bool {
	return o.Status < 500 && (!o.GRPC || !o.GRPCStatus.serverFailed())
}

// serverFailed tells whether the status says that the server, not the caller,
// is at fault.
func (c GRPCCode) serverFailed() bool {
	switch c {
	case 2, 4, 12, 13, 14, 15: // UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS
		return true
	default:
		return false
	}
}

// belief compiles a Hypothesis.
func (d draft) belief() *Belief {
	h := d.Hypothesis
	b := &Belief{Name: d.Metadata.Name, Statement: h.Belief, Why: h.Why, Owner: h.Owner}
	for i := range h.Objectives {
		b.Promises = append(b.Promises, d.promise(i))
	}
	return b
}

// promise compiles the i-th objective.
func (d draft) promise(i int) *Promise {
	o := &d.Hypothesis.Objectives[i]
	field := at("spec.objectives", i)
	p := &Promise{
		Hypothesis: d.Metadata.Name,
		Name:       o.Name,
		Index:      i,
		Listener:   o.Listener,
		Advisory:   o.Advisory,
		selection:  d.selection(field, o.Match, o.Exclude),
	}
	if o.Good == nil || o.Target == nil {
		d.wrong(field, "cannot be counted", "good and target", "say which requests are good, and how many of them are enough")
		return p
	}
	p.good = *o.Good
	p.Latency = lasting(o.Good.Latency, 0)
	p.Allowed = (Whole - *o.Target).Ratio()
	p.Tolerance = p.Allowed
	if o.Tolerance != nil {
		p.Tolerance = o.Tolerance.Ratio()
	}
	comparison := or(d.Hypothesis.Comparison, Comparison{})
	p.Ratio, p.Margin = or(comparison.Ratio, DefaultRatio), p.Tolerance/2
	if comparison.Margin != nil {
		p.Margin = comparison.Margin.Ratio()
	}
	p.Text = o.Target.String() + "%" + o.Good.words()
	return p
}

// words returns what is good, as it follows a percentage.
func (g *Good) words() string {
	var answers []string
	if g.Status != nil {
		answers = append(answers, "status "+g.Status.String())
	}
	if len(g.GRPC) > 0 {
		names := make([]string, len(g.GRPC))
		for i, code := range g.GRPC {
			names[i] = code.String()
		}
		answers = append(answers, "gRPC "+strings.Join(names, ", "))
	}
	words := ""
	if len(answers) > 0 {
		words = " good (" + strings.Join(answers, " and ") + ")"
	}
	if g.Latency != nil {
		words += " within " + g.Latency.String()
	}
	return words
}
