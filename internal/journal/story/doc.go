// Package story tells a run as people tell things: front to back, with what was
// known at the time.
//
// [Compose] is a pure fold over the events and ticks of one run. It has no clock
// and no model: the same record gives the same words, for ever. What the record
// does not say is left out. Every number stands beside its denominator, and
// every paragraph names what it rests on: e12 is event 12 of the timeline, t49
// the counts of judgement 49.
//
// [Lint] is the house style as code: order, length, words that blame.
package story
