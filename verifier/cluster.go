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
// until batches of clusterBatch are enough to be sure of a smaller one, which
// holds from then on. It never rests on what it is applied to.
const (
	clusterBatch = 5 * time.Second
	// mostBatches bounds how long it is looked for: an hour.
	mostBatches = 720
)

// clusters estimates the cluster factor.
type clusters struct {
	phi     float64
	sure    bool
	next    time.Duration // end of the batch under way
	seen    uint64        // bad requests until the end of the last one
	batches []uint64      // bad requests, of the objective with most
}

func newClusters() *clusters { return &clusters{next: clusterBatch, phi: stats.MostClustered} }

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

// cluster counts batches until they show how many requests fail together.
func (j *Judge) cluster() {
	c := j.clusters
	if c == nil || c.sure || len(c.batches) == mostBatches || j.tick.Elapsed < c.next {
		return
	}
	bad := uint64(0)
	for i, o := range j.objectives {
		if !o.Advisory {
			bad = max(bad, j.counts.Objectives[i].All.Bad)
		}
	}
	c.batches = append(c.batches, bad-min(c.seen, bad))
	c.seen, c.next = bad, j.tick.Elapsed+clusterBatch
	if c.sure = stats.SureOfCluster(c.batches); c.sure {
		j.setCluster(stats.Cluster(c.batches))
		j.noteCluster("from now on")
	}
}

// noteCluster says how populations are judged that no coin has split.
func (j *Judge) noteCluster(while string) {
	if j.clusters != nil {
		j.happened(Event{Kind: KindNote, Text: fmt.Sprintf(
			"The populations are not split by a coin for each request: they are judged with the cluster factor %s, as if so many requests failed together, %s.",
			number(j.clusters.phi), while)})
	}
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
