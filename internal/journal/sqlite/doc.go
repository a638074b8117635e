// Package sqlite is the record of poise: one SQLite file, written by one
// process, durable at every event (WAL, synchronous=FULL).
//
// The heads of events and the ticks of runs cannot be changed or deleted, also
// not by hand without removing the triggers first, and then the chain shows it.
// The text and data of an event can be deleted ([Store.Redact]).
//
// Other processes may read while one writes ([OpenReadOnly]).
package sqlite
