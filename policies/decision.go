package policies

// Arm is the population a request belongs to.
type Arm uint8

// The arms of a request.
const (
	// ArmNone: not eligible, or held back before the coin.
	ArmNone Arm = iota
	// ArmControl: eligible, offered to the coin, not drawn.
	ArmControl
	// ArmFault: drawn; it meets the fault.
	ArmFault
)

// Moment is what a decision asks about now: it is the only way time, chance
// and permission come in. Methods are called in the order Permit, Coin, Take
// for each policy that matches, and do not allocate.
type Moment interface {
	// Permit says whether p may act on one more request now.
	Permit(p *Policy) Permission
	// Coin returns the draw for p, uniform in [0, Whole). Policies with sticky
	// assignment, whose coin is a hash, do not ask. A policy with FailFirst gets
	// 0 as often as that, and Whole from then on.
	Coin(p *Policy) uint32
	// Take reserves room for one fault of p. It returns Granted, or why the
	// room went to somebody else in the meantime.
	Take(p *Policy) Permission
}

// Permission is the answer of a Moment: may a policy act, and if not, why not.
type Permission uint8

// Permissions. All but Granted and Rehearsed are reasons for holding a fault
// back, counted by [Permission.String].
const (
	// Granted: a live lease, and room in the limits.
	Granted Permission = iota
	// Rehearsed: no lease yet; the coin is tossed, counted, and nothing is
	// injected (the baseline of a verification).
	Rehearsed
	// NoLease: nobody who is watching says the fault may exist. It is the
	// resting state, and not counted as held back.
	NoLease
	// LeaseSpent: the grant's number of faults is used up.
	LeaseSpent
	// AtMaxConcurrent: limits.maxConcurrent is reached.
	AtMaxConcurrent
	// AtMaxPerSecond: limits.maxPerSecond is reached.
	AtMaxPerSecond
	// AtMaxTotal: limits.maxTotal is reached.
	AtMaxTotal
	// AtMaxShare: limits.maxShare is reached.
	AtMaxShare
	// NotFollowed: the run follows requests, and this one cannot be tied to a
	// request at the edge (no trace context, or an ambiguous one).
	NotFollowed
	// NotApplicable: the fault cannot be applied to this message (a gRPC status
	// on a request that is not gRPC).
	NotApplicable
	// Draining: the process is going down.
	Draining
	// Expired: the policy's own end has come, whatever lease it has.
	Expired

	// Permissions is how many there are.
	Permissions = int(Expired) + 1
)

// Decision is what Decide found. Its memory may be used again for the next
// request.
type Decision struct {
	// Policy is the policy that acts; nil when none does.
	Policy *Policy
	// Fault is what it does to the request: its own, or what the request asked
	// for by its headers.
	Fault *Fault
	// Arm is ArmFault when Policy acts, ArmControl when the request is a control
	// of at least one policy, ArmNone otherwise (a coin tossed in a rehearsal
	// puts a request in no arm).
	Arm Arm
	// Controls are the policies this request is a control of; empty when some
	// policy acts.
	Controls []*Policy
	// Rehearsals are the policies that tossed a coin without a lease.
	Rehearsals []Rehearsal
	// Held are the policies that matched and were held back.
	Held []Held

	// runs is scratch memory of the search for candidates.
	runs [][]int32
}

// Reset makes d a decision that says nothing. Its memory is kept.
func (d *Decision) Reset() {
	*d = Decision{
		Controls:   d.Controls[:0],
		Rehearsals: d.Rehearsals[:0],
		Held:       d.Held[:0],
		runs:       d.runs[:0],
	}
}

// hold notes why p cannot act. The resting state needs no note.
func (d *Decision) hold(p *Policy, reason Permission) {
	if reason != NoLease {
		d.Held = append(d.Held, Held{p, reason})
	}
}

// Rehearsal is a coin tossed in a baseline.
type Rehearsal struct {
	Policy *Policy
	Drawn  bool
}

// Held is a policy that matched and could not act.
type Held struct {
	Policy *Policy
	Reason Permission
}

// String returns "none", "control" or "fault".
func (a Arm) String() string {
	switch a {
	case ArmControl:
		return "control"
	case ArmFault:
		return "fault"
	default:
		return "none"
	}
}

// String returns the reason in the form metrics and people see.
func (p Permission) String() string {
	names := [...]string{
		"granted", "rehearsed", "no-lease", "lease-spent", "max-concurrent",
		"max-per-second", "max-total", "max-share", "not-followed", "skipped", "draining", "expired",
	}
	if int(p) < len(names) {
		return names[p]
	}
	return "unknown"
}
