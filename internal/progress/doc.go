// Package progress shows a verification under way to a person.
//
// On a terminal a few lines are drawn again and again in the same place: what is
// happening, how many requests come, how each population fares, and how far the
// evidence is from the line. Anywhere else there is one plain line whenever the
// run changes its state, and nothing in between.
//
//	Chapter 1 of 2: checkout waits for payment                    12s
//	  injecting  5% of payment calls take 400 ms longer.
//
//	  traffic    503 requests per second
//	  before       0.02% bad       1 of 4,490 requests
//	  control      1.40% bad      20 of 1,425 requests
//	  fault        9.21% bad       7 of 76 requests
//
//	  against    ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━────────  38  suspicious
//	             1                  10                 100 halts
//	  for        ╸─────────────────────────────────────  2% of what it takes
//
// Every colour repeats what a word or a number next to it says. A caller makes
// snapshots as often as it likes; [Display] decides when to draw.
package progress
