package stats

import "math"

// Batch is what one population counted between two looks, or in total.
type Batch struct {
	Requests uint64
	Bad      uint64 // of Requests
}

// good returns the number of good requests.
func (b Batch) good() float64 { return float64(b.Requests - min(b.Bad, b.Requests)) }

func (b Batch) bad() float64 { return float64(min(b.Bad, b.Requests)) }

func (b Batch) plus(c Batch) Batch {
	return Batch{Requests: b.Requests + c.Requests, Bad: b.Bad + c.Bad}
}

// margin keeps rates off 0 and 1, where a likelihood ratio has no value. A
// tested rate of exactly 0 becomes one in a billion, below what a document can
// express.
const margin = 1e-9

// inside returns the rate p, moved into (0,1).
func inside(p float64) float64 {
	return min(max(p, margin), 1-margin)
}

// shift multiplies the odds of p by o: o·p / (1 - p + o·p).
func shift(p, o float64) float64 {
	return o * p / (1 - p + o*p)
}

// times is k·log(r), and 0 for k = 0 whatever r is.
func times(k, r float64) float64 {
	if k == 0 {
		return 0
	}
	return k * math.Log(r)
}
