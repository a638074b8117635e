// Package sidecar wires the data plane of one process: listeners, the engine,
// leases, documents and the part of the admin API that is theirs. Both binaries
// are built on it; package app adds judgement and the rest.
//
//	files, API ──► Library ──► policies.Set ──► fault.Engine ◄── requests
//	                                                 ▲
//	people, verifier ──► record ──► lease.Table ─────┘ Permit
package sidecar
