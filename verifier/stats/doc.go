// Package stats decides continuously: sequential statistics whose error bounds
// hold however often they are looked at.
//
// Its currency is the e-value: a number that is 1 before anything was seen, and
// whose mean is at most 1 as long as the hypothesis under test is true. By
// Ville's inequality a true hypothesis ever reaches 1/alpha with probability at
// most alpha, over all looks together. All e-values are natural logarithms
// ("log e"), so that neither a million good requests nor a total outage leaves
// the range of a float64.
//
//	[OneSample]   bad rate ≤ limit                     breach of an objective
//	[Reverse]     bad rate ≥ tolerance                 an objective upheld
//	[TwoSample]   rate of T ≤ M · rate of C + D        fault arm against control
//	[Split]       the coin fell as it should           sample-ratio mismatch
//	[Combine]     several of them at one line          one run, many guards
//	[Interval]    where the rate may be                for the eye
//	[Growth], …   how long it will take                before the start
//
// Everything is deterministic and pure: no clock, no chance, nothing of ours.
// Rates are ratios in [0,1]; a [Batch] is what one population counted between
// two looks, and batches are bounded by the clock only, never by what they
// contain.
package stats
