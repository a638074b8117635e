// Package lease is the dead man's switch: a fault exists only while somebody
// who is watching says so.
//
// Permission to inject reaches a data plane as a [Grant]: this policy, on
// behalf of this run, until this instant. One [Table] holds what was granted;
// the API, the control plane and a verifier in the same process only carry
// grants to it. The data plane asks [Table.Live] before every fault, and holds
// sleeping requests on the channel it returns:
//
//	carrier ── Apply, Renew ──▶ Table ◀── Live, Spend ── data plane
//	                              │
//	         expiry, Revoke, End, Forget, Halt: the channel is closed
//
// Nobody has to switch a fault off: silence does. The deadline is compared with
// the clock at every call, so a late timer or a stopped process can not fault
// past it, and the clock goes on while the machine is suspended.
package lease
