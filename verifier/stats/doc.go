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
//	                      hypothesis                    tells
//	[OneSample]           bad rate ≤ limit              breach of an objective
//	[TwoSample]           rate of T ≤ M · rate of C + D fault arm against control
//	[Labels]              rate of T ≤ M · rate of C     the same, by the coin alone
//	[Exceedance]          T is no slower than C         latency, at five edges
//	[Poisson], [PoissonTwoSample]                       restarts, crashes, log lines
//	[Bet]                 bad share of a batch ≤ limit  requests that fail together
//	[Split], [Coin]       the coin falls as it should   sample-ratio mismatch
//	[Reverse], …          bad rate ≥ tolerance          an objective upheld
//
//	[Starts], [Always]    when trouble may begin: a run with an end, or without
//	[Cluster]             how many requests fail together, and what that costs
//	[Combine], [Evidence] several tests at one line: one run, many guards
//	[Discoveries], [AnytimeP], [Interval]               for reports and for the eye
//	[ErrorBudget], [BurnAlert]                          what a run may cost
//	[Growth], …           how long it will take         before the start
//
// Everything is deterministic and pure: no clock, no chance, nothing of ours.
// Rates are ratios in [0,1]; a [Batch] is what one population counted between
// two looks, and batches are bounded by the clock only, never by what they
// contain.
package stats
