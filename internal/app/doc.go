// Package app wires a whole poise: the data plane of package sidecar, the
// verifier, the record and the admin API. It is the only package that sees both
// the proxy and the verifier, and it holds no judgement of its own: it carries
// counts one way and leases the other.
//
//	fault.Engine ── counts ──► verifier.Runner ── grants ──► lease.Table
//	                                │
//	                                └── what happened ──► journal ──► story
package app
