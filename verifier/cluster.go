package verifier

import (
	"fmt"
	"math"
	"time"

	"github.com/poise-dev/poise/verifier/stats"
)

// Where a coin is tossed for each request, a burst of failures falls on both
// arms alike. Populations split by a key or a version have no such luck: what
// fails together lies in one of them. There the evidence of the arms is divided
// by how many requests fail together, the cluster factor: the greatest there is
// for the first clusterBatches batches of clusterBatch, and from then on what
// those have shown. It never rests on what it is applied to.
const (
	clusterBatch   = 5 * time.Second
	clusterBatches = 6
)

// clusters estimates the cluster factor.
type clusters struct {
	phi  float64
	next time.Duration // end of the batch under way
	seen []uint64      // bad requests until the end of each batch, of all objectives that decide
}

func newClusters() *clusters {
	return &clusters{next: clusterBatch, phi: stats.MostClustered, seen: []uint64{0}}
}

// clustered says whether populations are split by anything but a coin for each
// request.
func clustered(spec Spec) bool {
	for _, p := range spec.Policies {
		if p.Sticky {
			return true
		}
	}
	return spec.Canary != ""
}

// cluster counts the first batches, and applies what they show.
func (j *Judge) cluster() {
	c := j.clusters
	if c == nil || len(c.seen) > clusterBatches || j.tick.Elapsed < c.next {
		return
	}
	bad := uint64(0)
	for i, o := range j.objectives {
		if !o.Advisory {
			bad = max(bad, j.counts.Objectives[i].All.Bad)
		}
	}
	c.seen = append(c.seen, bad)
	c.next = j.tick.Elapsed + clusterBatch
	if len(c.seen) <= clusterBatches {
		return
	}
	batches := make([]uint64, clusterBatches)
	for i := range batches {
		batches[i] = c.seen[i+1] - c.seen[i]
	}
	j.setCluster(stats.Cluster(batches))
	j.happened(Event{Kind: KindNote, Text: fmt.Sprintf(
		"The populations are not split by a coin for each request: they are judged with the cluster factor %s, as if so many requests failed together.",
		number(c.phi))})
}

// setCluster divides the evidence of the arms, from the next batch on.
func (j *Judge) setCluster(phi float64) {
	j.clusters.phi = phi
	for _, o := range j.objectives {
		o.faultArm.test.Clustered(phi)
		o.compared.test.Clustered(phi)
		o.worse.Clustered(phi)
		o.control.Clustered(phi)
	}
}

// thin returns what is left of a count when so many requests count as one.
func (j *Judge) thin(b stats.Batch) stats.Batch {
	if j.clusters == nil {
		return b
	}
	return stats.Batch{
		Requests: uint64(float64(b.Requests) / j.clusters.phi),
		Bad:      uint64(math.Ceil(float64(b.Bad) / j.clusters.phi)),
	}
}

// thick returns how many requests count as n.
func (j *Judge) thick(n uint64) uint64 {
	if j.clusters == nil {
		return n
	}
	return uint64(math.Ceil(float64(n) * j.clusters.phi))
}

// met says in words what brought requests into the fault arm.
func (s Spec) met() string {
	if s.Canary != "" {
		return "reached the canary"
	}
	return "met the fault"
}
