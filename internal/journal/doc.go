// Package journal is the record: what happened, in the order it happened.
//
// An [Event] is written once and never changed. Each one carries the hash of
// the one before it, so that an edit, a gap or a swap shows, and [Verify] says
// where:
//
//	hash(n) = SHA-256 of hash(n-1), the head of n, digest(text of n), digest(data of n)
//
// Text and data enter the hash as digests: a person's words can be deleted
// later, with the chain intact and the deletion visible ([Event.TextDigest]).
//
// A [Store] keeps events and the ticks of runs (the counts each judgement was
// made from). Append returns when the event is durable: no record, no fault.
// There are two stores, held by one conformance suite: sqlite for poise, and
// lines (fsynced JSON lines) for the small data plane. Everything people read
// (the ledger, a story, whether poise is halted) is a pure fold over events.
package journal
