package sidecar

// Halt ends every fault at once, until Resume. What a person halted stays
// halted across restarts: the API records it.
func (s *Sidecar) Halt(cause error) {
	if s.o.Halting != nil {
		s.o.Halting(cause)
	}
	s.Leases.Halt(cause)
	s.CountHalt("operator")
}

// Resume ends the halt, unless there was another one after the given term. It
// returns whether poise may inject again.
func (s *Sidecar) Resume(term uint64) bool {
	if !s.Leases.Resume(term) {
		return false
	}
	if s.o.Unguarded {
		var names []string
		for _, p := range s.Engine.Set().Policies() {
			names = append(names, p.Name)
		}
		s.unguard(names)
	}
	return true
}

// Halted returns why poise is halted, or nil.
func (s *Sidecar) Halted() error { return s.Leases.Halted() }
