package lease

// Live says whether the policy may inject now. The channel is closed when the
// permission ends; requests held back then go on unharmed. It takes no lock,
// does not allocate and never blocks.
func (t *Table) Live(policy string) (released <-chan struct{}, live bool) {
	h := t.holding(policy)
	if h == nil {
		return nil, false
	}
	return h.released, true
}

// Spend takes one of the number of faults the grant allows, and says whether
// there was one left. It takes no lock, does not allocate and never blocks.
func (t *Table) Spend(policy string) bool {
	h := t.holding(policy)
	if h == nil {
		return false
	}
	for {
		left := h.faults.Load()
		next := left - 1
		switch {
		case left == 0:
			return true // no bound
		case left < 0:
			return false
		case left == 1:
			next = -1
		}
		if h.faults.CompareAndSwap(left, next) {
			return true
		}
	}
}

// Cause returns why the policy may not inject: why its last lease ended, or
// [ErrNone]. It returns nil while it may.
func (t *Table) Cause(policy string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := (*t.slots.Load())[policy]
	switch {
	case s == nil:
		return ErrNone
	case t.holding(policy) != nil:
		return nil
	case s.held.Load() != nil: // past its deadline, and its timer is late
		return ErrExpired
	default:
		return s.cause
	}
}

// holding returns the live lease of the policy, or nil. This is where the
// promise is kept: the deadline is compared with the clock at every call.
func (t *Table) holding(policy string) *hold {
	s := (*t.slots.Load())[policy]
	if s == nil {
		return nil
	}
	h := s.held.Load()
	if h == nil || h.left(t.clock()) <= 0 {
		return nil
	}
	return h
}
