// Package verifier is judgement: it holds a hypothesis against what really
// happens and keeps the fault alive only while the evidence is good.
//
// One loop, one direction:
//
//	read counts  →  judge  →  record  →  renew the lease, or revoke it
//
// Judging is pure ([Judge]) and may be done every tick without raising false
// alarms: evidence is an e-process (package stats), whose false-halt bound
// holds however often it is looked at. A verifier that dies, hangs or goes
// blind needs no code path: nobody renews, and the faults end by themselves.
//
// The package knows neither the proxy nor the record. It meets the first
// through [Plane] and [Leases], the second through [Recorder].
package verifier
