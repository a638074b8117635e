package stats

import "math"

// MostClustered is the largest factor [Cluster] returns, and the one to use
// while nobody can be sure of a smaller one.
const MostClustered = 10

// Cluster estimates how many bad requests come together, phi of
// [OneSample.Clustered], from the bad requests of successive batches of equal
// length (5 s, in the warm-up): their variance over their mean, rounded up,
// between 1 and 10. Independent requests have 1. It is a heuristic: a warm-up
// that saw no burst knows of none, and fewer than two batches, or no bad
// request, give 1. See [SureOfCluster].
//
// It is not needed where a coin is tossed for each request: then a burst falls
// on both arms alike.
func Cluster(bad []uint64) float64 {
	n, sum := float64(len(bad)), total(bad)
	if n < 2 || sum == 0 {
		return 1
	}
	mean, squares := sum/n, 0.0
	for _, x := range bad {
		d := float64(x) - mean
		squares += d * d
	}
	return min(max(math.Ceil(squares/(n-1)/mean), 1), MostClustered)
}

// SureOfCluster says whether these batches are enough for an estimate: 30 of
// them or more, with bad requests for at least 10 clusters of the size found.
// An estimate from less is wrong too often to promise anything by it: from six
// batches it let more than half of all true runs be halted where ten requests
// fail together.
func SureOfCluster(bad []uint64) bool {
	const batches, clusters = 30, 10
	return len(bad) >= batches && total(bad) >= clusters*Cluster(bad)
}

func total(bad []uint64) float64 {
	sum := 0.0
	for _, x := range bad {
		sum += float64(x)
	}
	return sum
}
