// Package fault is the fault engine: it decides what a request meets, asks a
// lease before every fault, waits faults out, and counts.
//
//	Lane.Enter   decide, permit, take room    one call for each request
//	Inject       wait out, say what to do     an Action
//	Upload       of the request's body        from here on only where Pending says so
//	Respond      wait out, say what to do     an Action, and an Edit of the answer's head
//	Download     of the answer's body         an io.Reader; Tunnel after an upgrade
//	Leave        observe                      by listener, policy, arm, objective
//
// It knows no wire format and does no I/O. An adapter, such as those of package
// proxy, shows it a small view of each request, does what its [Action] says, and
// tells it how the request ended. A run counts with a [Watch].
package fault
