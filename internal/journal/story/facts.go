package story

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
	"github.com/poise-dev/poise/verifier/stats"
)

// facts is what the record says about one run, read once.
type facts struct {
	events []journal.Event
	spec   verifier.Spec
	run    verifier.Run
	ticks  []verifier.Tick
	guards []verifier.Guard // as they stood at the decision

	start   time.Time // of the run
	zero    time.Time // first fault, from which times are told; start when there was none
	faulted bool      // there was a first fault
	ended   bool
}

// read gathers the facts. What cannot be read is as if it were not there; only
// a run without a beginning cannot be told.
func read(events []journal.Event, ticks []json.RawMessage) (facts, error) {
	at := slices.IndexFunc(events, func(e journal.Event) bool { return e.Kind == journal.KindRunStarted })
	if at < 0 {
		return facts{}, errors.New("tell a run: its events have no run.started")
	}
	id := events[at].Run
	f := facts{start: events[at].At}
	for _, e := range events {
		if e.Run == id || e.Run == "" {
			f.events = append(f.events, e)
		}
	}
	_ = json.Unmarshal(events[at].Data, &f.spec)
	if e, ok := f.event(journal.KindRunEnded); ok {
		f.ended = true
		_ = json.Unmarshal(e.Data, &f.run)
	}
	f.decide()
	for _, raw := range ticks {
		var t verifier.Tick
		if json.Unmarshal(raw, &t) == nil {
			f.ticks = append(f.ticks, t)
		}
	}
	f.run.ID = id
	f.zero, f.faulted = f.start, false
	if at := f.firstFault(); !at.IsZero() {
		f.zero, f.faulted = at, true
	}
	return f, nil
}

// decide reads the decision as it was made: the evidence it rested on goes on
// changing while the run recovers.
func (f *facts) decide() {
	var d verifier.Decision
	if e, ok := f.event(journal.KindDecision); !ok || json.Unmarshal(e.Data, &d) != nil {
		d = verifier.Decision{}
	}
	f.guards = d.Guards
	if len(f.guards) == 0 {
		f.guards = f.run.Guards
	}
	if f.run.Verdict == "" {
		f.run.Verdict, f.run.Attribution, f.run.StopReason, f.run.Reason = d.Verdict, d.Attribution, d.StopReason, d.Reason
	}
}

// event returns the first event of a kind.
func (f facts) event(kind string) (journal.Event, bool) {
	at := slices.IndexFunc(f.events, func(e journal.Event) bool { return e.Kind == kind })
	if at < 0 {
		return journal.Event{}, false
	}
	return f.events[at], true
}

// refs names the first event of each kind that is there.
func (f facts) refs(kinds ...string) []string {
	var refs []string
	for _, kind := range kinds {
		if e, ok := f.event(kind); ok {
			refs = append(refs, e.ID)
		}
	}
	return refs
}

// at returns the first time that is there: the one given, or that of the first
// event of the kind.
func (f facts) at(t time.Time, kind string) time.Time {
	if !t.IsZero() {
		return t
	}
	e, _ := f.event(kind)
	return e.At
}

func (f facts) firstFault() time.Time {
	if at := f.at(f.run.FirstFaultAt, journal.KindFaultFirst); !at.IsZero() {
		return at
	}
	return f.last().Counts.FirstFault
}

func (f facts) decidedAt() time.Time { return f.at(f.run.DecidedAt, journal.KindDecision) }

func (f facts) lastFaultAt() time.Time { return f.at(f.run.LastFaultedAt, journal.KindFaultLast) }

// recovery is how long after the decision the promises held again; 0: the record
// does not say.
func (f facts) recovery() time.Duration {
	var data verifier.Recovered
	e, ok := f.event(journal.KindRecovered)
	if !ok {
		return 0
	}
	if json.Unmarshal(e.Data, &data) == nil && data.After > 0 {
		return time.Duration(data.After)
	}
	return max(e.At.Sub(f.decidedAt()), 0)
}

// last is the last tick; zero when there is none.
func (f facts) last() verifier.Tick {
	if len(f.ticks) == 0 {
		return verifier.Tick{}
	}
	return f.ticks[len(f.ticks)-1]
}

// until is the last tick at or before t.
func (f facts) until(t time.Time) verifier.Tick {
	var found verifier.Tick
	for _, tick := range f.ticks {
		if tick.At.After(t) {
			break
		}
		found = tick
	}
	return found
}

// in tells when t was, relative to the first fault.
func (f facts) in(t time.Time) string {
	d := t.Sub(f.zero)
	switch {
	case d == 0 && f.faulted:
		return "at the first fault"
	case d == 0:
		return "at the start"
	case !f.faulted && d < 0:
		return span(-d) + " before the run"
	case !f.faulted:
		return span(d) + " into the run"
	case d < 0:
		return span(-d) + " before the first fault"
	default:
		return span(d) + " in"
	}
}

// alone tells that most calls could not be tied to the request they served:
// there are no arms.
func (f facts) alone() bool {
	c := f.last().Counts
	return c.Unfollowed > c.Followed
}

// deciding returns the indexes of the objectives that decide.
func (f facts) deciding() []int {
	var found []int
	for i, o := range f.spec.Objectives {
		if !o.Advisory {
			found = append(found, i)
		}
	}
	return found
}

// whole is what all requests of the deciding objective with most bad ones came
// to, from one reading of the counts to another: one request may be bad by
// several, so that at least so many were.
func (f facts) whole(from, to verifier.Counts) (worst verifier.Tally) {
	for _, i := range f.deciding() {
		if i >= len(to.Objectives) {
			continue
		}
		grown := to.Objectives[i].All
		if i < len(from.Objectives) {
			grown = minus(grown, from.Objectives[i].All)
		}
		if grown.Bad > worst.Bad || worst.Requests == 0 {
			worst = grown
		}
	}
	return worst
}

// since is what all requests came to from the first fault to a tick.
func (f facts) since(t verifier.Tick) verifier.Tally {
	return f.whole(f.until(f.zero).Counts, t.Counts)
}

// before is what came before the first fault.
func (f facts) before() verifier.Tally {
	if f.alone() {
		return f.whole(verifier.Counts{}, f.until(f.zero).Counts)
	}
	if before := f.last().Counts.Before; before.Requests > 0 {
		return before
	}
	return f.run.Arms.Before
}

// arms are the final counts of the populations.
func (f facts) arms() verifier.Arms {
	c := f.last().Counts
	if f.run.Arms.Fault.Requests+f.run.Arms.Control.Requests+f.run.Arms.Before.Requests > 0 {
		return f.run.Arms
	}
	return verifier.Arms{Fault: verifier.FaultArm{Tally: c.Fault, Delivered: c.Delivered}, Control: c.Control, Before: c.Before}
}

// timed tells that slow requests are bad, too.
func (f facts) timed() bool {
	return slices.ContainsFunc(f.spec.Objectives, func(o verifier.ObjectiveSpec) bool { return !o.Advisory && o.Latency > 0 })
}

// were is the predicate of n bad requests.
func (f facts) were(n uint64) string {
	switch {
	case !f.timed():
		return "failed"
	case n == 1:
		return "was slow or failed"
	default:
		return "were slow or failed"
	}
}

// hadBeen is the same, seen from a later moment.
func (f facts) hadBeen() string {
	if f.timed() {
		return "had been slow or failed"
	}
	return "had failed"
}

// enough is the least number of faulted requests from which anything follows,
// for the strictest objective. 0: the record does not say.
func (f facts) enough() uint64 {
	var most uint64
	for _, i := range f.deciding() {
		if tolerance := f.spec.Objectives[i].Tolerance; tolerance > 0 && f.spec.Beta > 0 {
			most = max(most, stats.LeastFaulted(tolerance, f.spec.Beta))
		}
	}
	return most
}

// calls names what a policy acts on: "payment calls" for the listener
// egress-payment, "requests" for others.
func calls(p verifier.PolicySpec) string {
	if name, ok := strings.CutPrefix(p.Listener, "egress-"); ok && name != "" {
		return named(name) + " calls"
	}
	return "requests"
}

// slows tells that all a policy does is delay.
func slows(p verifier.PolicySpec) bool {
	return strings.HasPrefix(p.Fault, "delay") && !strings.Contains(p.Fault, ", then ")
}

func tickRef(t verifier.Tick) string { return "t" + strconv.Itoa(t.Seq) }
