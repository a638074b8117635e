package stats

// Histogram counts values in buckets: Counts[i] of them are at most Bounds[i]
// and above the bound before; the last count, beyond all bounds, is the one more
// that Counts has. Bounds rise.
type Histogram struct {
	Bounds []float64
	Counts []uint64
}

// Total returns how many values there are.
func (h Histogram) Total() uint64 {
	var n uint64
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// Over returns all values, and those above bound i as the bad ones.
func (h Histogram) Over(i int) Batch {
	b := Batch{Requests: h.Total()}
	for _, c := range h.Counts[i+1:] {
		b.Bad += c
	}
	return b
}

// At returns [Histogram.Over] of each of the bounds.
func (h Histogram) At(edges []int) []Batch {
	batches := make([]Batch, 0, len(edges))
	for _, i := range edges {
		batches = append(batches, h.Over(i))
	}
	return batches
}

// Edges chooses the bounds at which [Exceedance] compares: the first at or
// beyond the 50th, 90th, 95th, 99th and 99.9th percentile of the warm-up, each
// once. The tail of an edge is the share of values above it, or the one in two
// requests that was not seen yet. Percentiles beyond the last bound are left
// out; without values there are none.
func Edges(warmup Histogram) (edges []int, tails []float64) {
	n := float64(warmup.Total())
	if n == 0 {
		return nil, nil
	}
	i := 0
	for _, percentile := range []float64{0.5, 0.9, 0.95, 0.99, 0.999} {
		for i < len(warmup.Bounds) && warmup.Over(i).bad() > n*(1-percentile)*(1+1e-12) {
			i++
		}
		if i == len(warmup.Bounds) {
			break
		}
		if len(edges) == 0 || edges[len(edges)-1] != i {
			edges = append(edges, i)
			tails = append(tails, max(warmup.Over(i).bad(), 0.5)/n)
		}
	}
	return edges, tails
}

// Around returns the bounds between which a limit lies that is none of them: a
// breach is tested at the first at or above it, which some requests below the
// limit never reach, and a limit is upheld at the last at or below it. Either is
// -1 where there is no such bound.
func Around(bounds []float64, limit float64) (breach, uphold int) {
	breach, uphold = -1, -1
	for i, b := range bounds {
		if b <= limit {
			uphold = i
		}
		if b >= limit && breach < 0 {
			breach = i
		}
	}
	return breach, uphold
}
