package fault

import (
	"time"

	"github.com/poise-dev/poise/policies"
)

// Action is what an adapter does with a request once its fault has been
// decided and waited out. The zero Action forwards it.
type Action struct {
	Do Do
	// Abort holds the answer of Answer and AnswerGRPC.
	Abort *policies.Abort
}

// Do is a kind of action.
type Do uint8

// What an adapter does.
const (
	// Forward: call the upstream.
	Forward Do = iota
	// Answer: send Abort's status, headers and body in place of the upstream.
	Answer
	// AnswerGRPC: send Abort's gRPC status, trailers only.
	AnswerGRPC
	// Reset: end the connection (or HTTP/2 stream) with a reset, unanswered.
	Reset
	// Close: end the connection in order, unanswered.
	Close
	// Gone: the caller has left; there is nobody to answer.
	Gone
)

// Inject lets the request meet its fault: it waits as long as the fault says,
// and returns what to do then. The wait ends early, and the rest of the fault
// is skipped, when the lease ends (the request goes on unharmed) or when gone is
// closed (the caller has left).
func (p *Passage) Inject(gone <-chan struct{}) Action {
	if p.gate == nil {
		return Action{}
	}
	w := p.gate.watch.Load()
	if w != nil {
		w.faultBegins(p.lane.engine.since())
	}
	action, delay, ended := p.inject(p.decision.Policy.Fault, gone)
	p.let = ended == waitReleased
	if !p.let {
		p.gate.arms[policies.ArmFault].Add(1)
	}
	if w != nil {
		if f := p.flight(w); f != nil {
			f.suffered(!p.let, delay)
		}
		w.faultEnds(p.lane.engine.since())
	}
	p.gate.active.Add(-1)
	return action
}

// Held says whether Inject is going to wait.
func (p *Passage) Held() bool {
	if p.gate == nil {
		return false
	}
	f := p.decision.Policy.Fault
	return f.Delay != nil || (f.Abort != nil && f.Abort.Connection == policies.BreakHang)
}

// inject applies the parts of a fault in order, and returns what to do next,
// the delay the caller met, and how the last wait ended. A caller who leaves
// during a delay has met it: it outlasted their patience.
func (p *Passage) inject(fault *policies.Fault, gone <-chan struct{}) (_ Action, delay time.Duration, _ ending) {
	if fault.Delay != nil {
		p.gate.faults[kindDelay].Add(1)
		delay = fault.Delay.Sample(p.lane.engine.delay)
		if end := p.hold(delay, gone); end != waitElapsed {
			return end.action(), delay, end
		}
	}
	abort := fault.Abort
	if abort == nil {
		return Action{}, delay, waitElapsed
	}
	if !abort.Applies(p.grpc) {
		p.gate.suppressed[policies.NotApplicable].Add(1)
		return Action{}, delay, waitElapsed
	}
	p.gate.faults[kindAbort].Add(1)
	if abort.Connection == policies.BreakHang {
		if end := p.hold(abort.Hang(), gone); end != waitElapsed {
			return end.action(), delay, end
		}
	}
	return abortAction(abort), delay, waitElapsed
}

// abortAction returns what an adapter does for an abort.
func abortAction(a *policies.Abort) Action {
	switch {
	case a.GRPCStatus != nil:
		return Action{Do: AnswerGRPC, Abort: a}
	case a.Connection == policies.BreakReset:
		return Action{Do: Reset}
	case a.Connection != "":
		return Action{Do: Close}
	default:
		return Action{Do: Answer, Abort: a}
	}
}

// ending is how a wait ended.
type ending uint8

const (
	waitElapsed ending = iota
	waitReleased
	waitLeft
)

// action returns what follows a wait that was cut short.
func (e ending) action() Action {
	if e == waitLeft {
		return Action{Do: Gone}
	}
	return Action{}
}

// hold waits until d has passed, the lease has ended or the caller has left.
func (p *Passage) hold(d time.Duration, gone <-chan struct{}) ending {
	if d <= 0 {
		return waitElapsed
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return waitElapsed
	case <-p.released:
		return waitReleased
	case <-gone:
		return waitLeft
	}
}
