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
func Split(share float64, drawn, all uint64) float64 {
	total := Batch{Requests: all, Bad: drawn}
	p, x, y := inside(share), total.bad(), total.good()
	a, b := splitPrior*p, splitPrior*(1-p)
	return logBeta(a+x, b+y) - logBeta(a, b) - times(x, p) - times(y, 1-p)
}
