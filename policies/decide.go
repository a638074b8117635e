package policies

// Decide finds out what happens to a request and writes it to d, whose memory
// is used again. Policies are tried in order. For each that means the request:
//
//	applicable to this message? → permitted now? → coin → room still there?
//
// The first that passes all four acts, and ends the search. Decide is pure
// but for what m answers, allocates nothing once d has grown, and a nil Set
// decides like an empty one.
func (s *Set) Decide(r *Request, m Moment, d *Decision) {
	d.Reset()
	if s == nil {
		return
	}
	d.runs = s.index.candidates(r, d.runs)
	if len(d.runs) == 0 {
		return
	}
	has := traitsOf(r)
	for runs := d.runs; len(runs) > 0; {
		var number int32
		number, runs = next(runs)
		if p := s.policies[number]; p.means(r, has) && d.offer(p, r, m) {
			d.Policy, d.Arm, d.Controls = p, ArmFault, d.Controls[:0]
			return
		}
	}
	if len(d.Controls) > 0 {
		d.Arm = ArmControl
	}
}

// offer offers the request to a policy that means it, and reports whether the
// policy acts.
func (d *Decision) offer(p *Policy, r *Request, m Moment) bool {
	if !p.Fault.applies(r) {
		d.hold(p, NotApplicable)
		return false
	}
	permission := m.Permit(p)
	if permission != Granted && permission != Rehearsed {
		d.hold(p, permission)
		return false
	}
	drawn := p.draw(r, m)
	switch {
	case permission == Rehearsed:
		d.Rehearsals = append(d.Rehearsals, Rehearsal{p, drawn})
		return false
	case !drawn:
		d.Controls = append(d.Controls, p)
		return false
	}
	if refusal := m.Take(p); refusal != Granted {
		d.hold(p, refusal)
		return false
	}
	return true
}

// draw tosses the coin of the policy. It never falls on a share of 0, and
// always on one of 100 percent.
func (p *Policy) draw(r *Request, m Moment) bool {
	if p.Assign.Sticky() {
		return p.stickyCoin(r) < uint32(p.Share)
	}
	return m.Coin(p) < uint32(p.Share)
}

// Matches tells whether the policy means the request: listener, match and
// exclude, and the key of a sticky assignment. Health checks and requests
// that another poise marked are meant only if the policy names them.
func (p *Policy) Matches(r *Request) bool { return p.means(r, traitsOf(r)) }

// means is Matches for a request whose traits are known.
func (p *Policy) means(r *Request, has traits) bool {
	return p.listensTo(r) && p.selection.admits(r, has) && p.keyed(r)
}

// listensTo tells whether the policy acts on the listener of the request.
func (p *Policy) listensTo(r *Request) bool {
	return p.Listener == "" || p.Listener == r.Listener
}
