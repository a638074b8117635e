package stats

import "math"

// stakes are the shares of the evidence at stake in each batch of a [Bet].
func stakes() []float64 { return []float64{0.05, 0.2, 0.5, 0.8} }

// Bet gathers evidence against "the bad share of a batch has a mean of at most
// the limit, given the past", and against nothing else: the requests of a batch
// may depend on each other in any way. For stakes c in {0.05, 0.2, 0.5, 0.8} a
// batch with the bad share s = x/n multiplies the evidence by
//
//	1 + c (s/limit - 1)
//
// (Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables
// by betting"). It is for populations split by pod, user or version, and for
// ratios that come without counts. It needs several batches whatever they show.
type Bet struct {
	mixture
	stakes []float64
	base   float64 // the mean of what is bet on, at most
	good   bool    // it is the good share
}

// NewBet returns a test of the limit, a rate in [0,1].
func NewBet(limit float64, starts Starts) *Bet {
	return &Bet{mixture: newMixture(len(stakes()), starts), stakes: stakes(), base: inside(limit)}
}

// NewReverseBet returns a test of "the bad share has a mean of at least the
// tolerance": it bets on the good share. It wins no more than the tolerance in
// a batch, so that ln(1/beta)/tolerance batches are needed at the least.
func NewReverseBet(tolerance float64) *Bet {
	return &Bet{mixture: newMixture(len(stakes()), Plain), stakes: stakes(), base: 1 - inside(tolerance), good: true}
}

// Add counts one batch, all requests of which weigh the same as a batch of any
// other size. An empty one changes nothing.
func (b *Bet) Add(batch Batch) {
	n := float64(batch.Requests)
	if n == 0 {
		b.AddShare(b.base, false)
		return
	}
	b.AddShare(batch.bad()/n, true)
}

// AddShare counts one bad share in [0,1] without its counts; unless known, it
// is an update that says nothing.
func (b *Bet) AddShare(bad float64, known bool) {
	share := min(max(bad, 0), 1)
	if b.good {
		share = 1 - share
	}
	b.step(func(j int) float64 {
		if !known {
			return 0
		}
		return math.Log1p(b.stakes[j] * (share/b.base - 1))
	})
}

// Log returns the log e against the hypothesis.
func (b *Bet) Log() float64 { return b.log() }
