package policies

import "strconv"

// Explanation tells which policy a request would meet if all had a lease and
// their coins fell on fault, and what each policy has to say about it.
type Explanation struct {
	// Policy is the one the request would meet; empty: none. Fault and
	// Percentage are its own.
	Policy     string  `json:"policy"`
	Fault      string  `json:"fault"`
	Percentage Percent `json:"percentage"`
	// Why has an entry for each policy, in the order they are tried.
	Why []Reason `json:"why"`
}

// Reason is what one policy has to say about a request.
type Reason struct {
	Policy  string `json:"policy"`
	Matched bool   `json:"matched"`
	// Why is one sentence: `path "/x" is not under /payments`.
	Why string `json:"why"`
}

// Explain tells in words what Decide finds. It goes through every policy, and
// asks each what Decide asks.
func (s *Set) Explain(r *Request) Explanation {
	e := Explanation{Why: []Reason{}}
	has := traitsOf(r)
	for _, p := range s.Policies() {
		matched := p.means(r, has)
		if matched && e.Policy == "" && p.mayAct(r) {
			e.Policy, e.Fault, e.Percentage = p.Name, p.menu(p.wish(r)).String(), p.Share
		}
		e.Why = append(e.Why, Reason{p.Name, matched, p.why(r, has)})
	}
	return e
}

// mayAct tells whether the policy can draw a request that it means, and do
// something to it.
func (p *Policy) mayAct(r *Request) bool {
	asked := p.wish(r)
	return p.menu(asked).applies(r) && p.draw(r, lucky{}, asked) != nil
}

// lucky is the moment at which every coin falls on fault, and everything is
// permitted.
type lucky struct{}

func (lucky) Permit(*Policy) Permission { return Granted }
func (lucky) Coin(*Policy) uint32       { return 0 }
func (lucky) Take(*Policy) Permission   { return Granted }

// why returns the sentence of the policy: the first thing that keeps it from
// the request, or what makes it match and what follows.
func (p *Policy) why(r *Request, has traits) string {
	switch {
	case !p.listensTo(r) && r.Listener == "":
		return "it acts on listener " + p.Listener + ", and none was named"
	case !p.listensTo(r):
		return "it acts on listener " + p.Listener + ", not on " + r.Listener
	case !p.selection.admits(r, has):
		return p.selection.say(r, has)
	case !p.keyed(r):
		return "the request has no " + p.Assign.String() + " to assign it by"
	case !p.hasFault(r):
		return "the request asks for no fault by x-envoy-fault-* headers"
	default:
		return p.selection.say(r, has) + "; " + p.prospect(r)
	}
}

// prospect returns what happens to a request that the policy means.
func (p *Policy) prospect(r *Request) string {
	asked := p.wish(r)
	fault := p.menu(asked)
	switch {
	case !fault.applies(r):
		return fault.String() + " needs " + fault.needs()
	case asked != nil:
		return "with a chance of " + p.Share.String() + "% at most it meets what it asks for: " + fault.String()
	case p.FailFirst > 0:
		return "the first " + strconv.Itoa(p.FailFirst) + " of such requests meet: " + fault.String()
	case !p.Assign.Sticky():
		return p.Share.String() + "% of such requests meet: " + fault.String()
	case p.draw(r, lucky{}, nil) != nil:
		return "by its " + p.Assign.String() + " it meets: " + fault.String()
	default:
		return "by its " + p.Assign.String() + " it is in the control arm"
	}
}
