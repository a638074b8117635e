package fault

import "github.com/poise-dev/poise/policies"

// Action is what an adapter does with a request, or with its answer, once a
// part of the fault has been decided and waited out. The zero Action forwards.
type Action struct {
	Do Do
	// Abort holds the answer of Answer and AnswerGRPC.
	Abort *policies.Abort
	// Edit is what changes in an answer that is forwarded; nil: nothing.
	Edit *Edit
}

// Do is a kind of action.
type Do uint8

// What an adapter does.
const (
	// Forward: call the upstream; or, when it has answered, pass its answer on.
	Forward Do = iota
	// Answer: send Abort's status, headers and body in place of the upstream's.
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

// Inject lets the request meet the part of its fault that comes before the
// upstream is called: it waits as long as the fault says, and returns what to do
// then. The wait ends early, and the rest of the fault is skipped, when the
// lease ends (the request goes on unharmed) or when gone is closed (the caller
// has left). A throttled Upload waits on gone too.
func (p *Passage) Inject(gone <-chan struct{}) Action {
	if p.gate == nil {
		return Action{}
	}
	p.ordeal = p.newOrdeal(gone)
	action := p.ordeal.phase(policies.PhaseRequest, gone)
	if action.Do != Forward || !p.ordeal.fault.Lasts() {
		p.ordeal.end(served)
	}
	return action
}

// Held says whether Inject is going to wait.
func (p *Passage) Held() bool { return p.gate != nil && p.decision.Fault.Holds() }

// Pending says whether some of the fault is still to come when Inject has
// returned: then an adapter passes the request's body through Upload, shows the
// answer to Respond, and passes its body through Download or Tunnel. Otherwise
// it need not ask again, and may forward by the shortest way it has.
func (p *Passage) Pending() bool { return p.ordeal != nil && p.ordeal.state.Load() == going }

// phase applies the delay and the abort of a phase, and returns what to do next.
func (o *ordeal) phase(when policies.Phase, gone <-chan struct{}) Action {
	delay, abort := o.fault.Parts(when)
	if delay != nil {
		if end := o.wait(delay, gone); end != waitElapsed {
			return end.action()
		}
	}
	if abort == nil {
		return Action{}
	}
	if !abort.Applies(o.grpc) {
		o.skip()
		return Action{}
	}
	if o.lapsed() {
		return Action{}
	}
	o.apply(kindAbort)
	if abort.Connection == policies.BreakHang {
		if end := o.hold(abort.Hang(), gone); end != waitElapsed {
			return end.action()
		}
	}
	return abortAction(abort)
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

// action returns what follows a wait that was cut short.
func (e ending) action() Action {
	if e == waitLeft {
		return Action{Do: Gone}
	}
	return Action{}
}
