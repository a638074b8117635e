package stats

// splitPrior is the weight of the prior of [Split], in requests: how near to
// the announced share a wrong one is expected to be.
const splitPrior = 100

// Split returns the log e against "each of all requests was drawn with
// probability share, independently": the test of a sample-ratio mismatch. With
// a_1 = 100·share, a_2 = 100·(1-share), x_1 drawn and x_2 not drawn (Lindon and
// Malek 2022, two cells),
//
//	ln E = ln B(a_1+x_1, a_2+x_2) - ln B(a_1, a_2) - x_1 ln share - x_2 ln(1-share)
//
// It is a running test of one share; for a share that changes see [Coin].
func Split(share float64, drawn, all uint64) float64 {
	total := Batch{Requests: all, Bad: drawn}
	p, x, y := inside(share), total.bad(), total.good()
	a, b := splitPrior*p, splitPrior*(1-p)
	return logBeta(a+x, b+y) - logBeta(a, b) - times(x, p) - times(y, 1-p)
}

// Coin is the same test by each request's own probability: a share that changes
// from rung to rung of a ramp, or with whoever tosses. Its alternatives are
// odds of {1/4, 1/2, 4/5, 5/4, 2, 4} times the right ones.
type Coin struct {
	mixture
	grid []float64
}

// NewCoin returns a test of a coin.
func NewCoin(starts Starts) *Coin {
	grid := []float64{0.25, 0.5, 0.8, 1.25, 2, 4}
	return &Coin{mixture: newMixture(len(grid), starts), grid: grid}
}

// Add counts tosses with one share, in [0,1].
func (c *Coin) Add(share float64, drawn, all uint64) {
	p, b := inside(share), Batch{Requests: all, Bad: drawn}
	c.step(func(j int) float64 { return newRatio(p, c.grid[j]).of(b) })
}

// Log returns the log e against the shares announced.
func (c *Coin) Log() float64 { return c.log() }
