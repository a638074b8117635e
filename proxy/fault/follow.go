package fault

import "github.com/poise-dev/poise/policies"

// follow makes the flight findable by its trace id, and gives the request a
// traceparent when it came without.
func (w *Watch) follow(f *flight, r *policies.Request, p *Passage) {
	id, ok := traceOf(r.Fields)
	if !ok {
		id, p.traceparent = newTrace()
	}
	f.trace = id
	t := w.traces[id]
	if t == nil {
		t = new(trace)
		w.traces[id] = t
	}
	t.live++
	if t.live > 1 {
		t.only.ambiguous, f.ambiguous = true, true
		return
	}
	t.only = f
}

// trace is a trace id with requests at the edge. Once there were two of them at
// a time nobody can tell whose a call is, until the last one has ended.
type trace struct {
	only *flight // the first of them
	live int
}

// unfollow forgets that the flight has a trace.
func (w *Watch) unfollow(f *flight) {
	if t := w.traces[f.trace]; t != nil {
		if t.live--; t.live == 0 {
			delete(w.traces, f.trace)
		}
	}
}

// find returns the flight a call belongs to, or nil.
func (w *Watch) find(id traceID, ok bool) *flight {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.traces[id]
	if !ok || t == nil {
		w.unfollowed.Add(1)
		return nil
	}
	w.followed.Add(1)
	if t.only.ambiguous {
		return nil
	}
	return t.only
}
