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
		p := s.policies[number]
		if !p.means(r, has) {
			continue
		}
		if fault := d.offer(p, r, m); fault != nil {
			d.Policy, d.Fault, d.Arm, d.Controls = p, fault, ArmFault, d.Controls[:0]
			return
		}
	}
	if len(d.Controls) > 0 {
		d.Arm = ArmControl
	}
}

// offer offers the request to a policy that means it, and returns what the
// policy does to it; nil: it does not act.
func (d *Decision) offer(p *Policy, r *Request, m Moment) *Fault {
	asked := p.wish(r)
	if !p.menu(asked).applies(r) {
		d.hold(p, NotApplicable)
		return nil
	}
	permission := m.Permit(p)
	if permission != Granted && permission != Rehearsed {
		d.hold(p, permission)
		return nil
	}
	fault := p.draw(r, m, asked)
	switch {
	case permission == Rehearsed:
		d.Rehearsals = append(d.Rehearsals, Rehearsal{p, fault != nil})
		return nil
	case fault == nil:
		d.Controls = append(d.Controls, p)
		return nil
	}
	if refusal := m.Take(p); refusal != Granted {
		d.hold(p, refusal)
		return nil
	}
	return fault
}

// menu returns all that may happen to a request that asks for this, or for
// nothing. It is not nil where the policy means the request.
func (p *Policy) menu(asked *wish) *Fault {
	if asked != nil {
		return &asked.fault
	}
	return p.Fault
}

// draw tosses the coin of the policy, or one for each part of what the request
// asks for, and returns the fault it falls on; nil: none. A coin never falls on
// a share of 0, and always on one of 100 percent.
func (p *Policy) draw(r *Request, m Moment, asked *wish) *Fault {
	if asked != nil {
		return asked.draw(func() uint32 { return p.coin(r, m) })
	}
	if p.coin(r, m) < uint32(p.Share) {
		return p.Fault
	}
	return nil
}

// coin returns the draw of the request.
func (p *Policy) coin(r *Request, m Moment) uint32 {
	if p.Assign.Sticky() {
		return p.stickyCoin(r)
	}
	return m.Coin(p)
}

// Matches tells whether the policy means the request: listener, match and
// exclude, the key of a sticky assignment, and a fault: the policy's own, or one
// that the request asks for. Health checks and requests that another poise
// marked are meant only if the policy names them.
func (p *Policy) Matches(r *Request) bool { return p.means(r, traitsOf(r)) }

// means is Matches for a request whose traits are known.
func (p *Policy) means(r *Request, has traits) bool {
	return p.listensTo(r) && p.selection.admits(r, has) && p.keyed(r) && p.hasFault(r)
}

// listensTo tells whether the policy acts on the listener of the request.
func (p *Policy) listensTo(r *Request) bool {
	return p.Listener == "" || p.Listener == r.Listener
}

// hasFault tells whether there is a fault for the request.
func (p *Policy) hasFault(r *Request) bool { return p.Fault != nil || p.wish(r) != nil }
