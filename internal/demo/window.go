package demo

import (
	"math"
	"time"
)

// A window remembers latencies of the last seconds, one slice a second, in
// buckets that are each 5% wider than the one before: a quantile is at most 5%
// too high.
type window struct {
	slices [windowSlices]slice
}

const (
	windowSlices = 6 // five seconds and the one that is under way
	buckets      = 300
	narrowest    = 100 * time.Microsecond // upper edge of the first bucket
	growth       = 1.05                   // the last bucket ends beyond 200 s
)

// slice is one second of a window.
type slice struct {
	second int64 // since 1970
	sent   uint64
	counts [buckets]uint32
}

// at returns the slice of the second t lies in, emptied if it was used for an
// earlier one.
func (w *window) at(t time.Time) *slice {
	second := t.Unix()
	s := &w.slices[second%windowSlices]
	if s.second != second {
		*s = slice{second: second}
	}
	return s
}

// sent notes a request that was sent at t.
func (w *window) sent(t time.Time) { w.at(t).sent++ }

// answered notes an answer that came at t and took d.
func (w *window) answered(t time.Time, d time.Duration) { w.at(t).counts[bucket(d)]++ }

// rate is how many requests a second were sent of late; since is when the first
// of them may have been.
func (w *window) rate(now, since time.Time) float64 {
	oldest := time.Unix(now.Unix()-windowSlices+1, 0)
	if since.After(oldest) {
		oldest = since
	}
	covered := now.Sub(oldest).Seconds()
	if covered <= 0 {
		return 0
	}
	var sent uint64
	w.recent(now, func(s *slice) { sent += s.sent })
	return float64(sent) / covered
}

// quantiles returns the latencies that the shares qs, ascending in [0,1], of the
// late answers did not exceed. They are 0 when there were none.
func (w *window) quantiles(now time.Time, qs ...float64) []time.Duration {
	var counts [buckets]uint64
	var total uint64
	w.recent(now, func(s *slice) {
		for i, n := range s.counts {
			counts[i] += uint64(n)
			total += uint64(n)
		}
	})
	found := make([]time.Duration, len(qs))
	var below uint64
	for i, next := 0, 0; i < buckets && next < len(qs) && total > 0; i++ {
		below += counts[i]
		for next < len(qs) && float64(below) >= qs[next]*float64(total) {
			found[next] = edge(i)
			next++
		}
	}
	return found
}

// recent calls do for each slice that is still in the window.
func (w *window) recent(now time.Time, do func(*slice)) {
	for i := range w.slices {
		if age := now.Unix() - w.slices[i].second; 0 <= age && age < windowSlices {
			do(&w.slices[i])
		}
	}
}

// bucket returns the bucket that d falls into.
func bucket(d time.Duration) int {
	if d <= narrowest {
		return 0
	}
	i := math.Ceil(math.Log(float64(d)/float64(narrowest)) / math.Log(growth))
	return int(min(i, buckets-1))
}

// edge is the longest duration of bucket i.
func edge(i int) time.Duration {
	return time.Duration(float64(narrowest) * math.Pow(growth, float64(i)))
}
