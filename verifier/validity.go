package verifier

import (
	"fmt"
	"strings"

	"github.com/poise-dev/poise/verifier/stats"
)

// splitAlpha bounds how often a right split is called wrong in a run.
const splitAlpha = 0.001

// validity stops a run whose counters contradict themselves, or whose coin
// does not fall as it should: nothing that rests on them would be true.
func (j *Judge) validity() *Decision {
	if !j.fresh {
		return nil
	}
	if wrong := contradiction(j.spec, j.before, j.counts); wrong != "" {
		j.counts = j.before
		return stopped(StopInvalid, "The counts contradict themselves: "+wrong+".")
	}
	return j.split()
}

// contradiction says what is wrong with new counts, or nothing.
func contradiction(spec Spec, before, now Counts) string {
	if n := len(now.Objectives); n != len(spec.Objectives) {
		return fmt.Sprintf("%d objectives were counted, and there are %d", n, len(spec.Objectives))
	}
	for _, p := range []struct {
		name        string
		before, now Tally
	}{{"the fault arm", before.Fault, now.Fault}, {"control", before.Control, now.Control}, {"the baseline", before.Before, now.Before}} {
		if wrong := broken(p.before, p.now); wrong != "" {
			return p.name + ": " + wrong
		}
	}
	for i, o := range spec.Objectives {
		b, n := before.Objectives[i], now.Objectives[i]
		for _, p := range []struct {
			name        string
			before, now Tally
		}{{"all", b.All, n.All}, {"fault arm", b.Fault, n.Fault}, {"control", b.Control, n.Control}, {"baseline", b.Before, n.Before}} {
			if wrong := broken(p.before, p.now); wrong != "" {
				return o.Name + ", " + p.name + ": " + wrong
			}
		}
	}
	return ""
}

// broken says what is wrong with a tally, or nothing.
func broken(before, now Tally) string {
	switch {
	case now.Bad > now.Requests:
		return fmt.Sprintf("%d of %d requests were bad", now.Bad, now.Requests)
	case now.Requests < before.Requests:
		return fmt.Sprintf("requests went back from %d to %d", before.Requests, now.Requests)
	case now.Bad < before.Bad:
		return fmt.Sprintf("bad requests went back from %d to %d", before.Bad, now.Bad)
	case now.Bad-before.Bad > now.Requests-before.Requests:
		return fmt.Sprintf("%d new requests brought %d bad ones", now.Requests-before.Requests, now.Bad-before.Bad)
	default:
		return ""
	}
}

// split tests that the coin falls as often as it should, in the baseline and on
// every rung: the average of their e-values against 1/splitAlpha.
func (j *Judge) split() *Decision {
	share, ok := coin(j.spec)
	if !ok {
		return nil
	}
	first := share
	if len(j.spec.Ramp) > 0 {
		first = j.spec.Ramp[0].Share
	}
	tosses := append([]toss{{first, j.counts.BeforeDrawn, j.counts.Before.Requests}}, j.ramp.tosses(j.spec, share, j.counts)...)
	var evidence []stats.Evidence
	var said []string
	for _, t := range tosses {
		evidence = append(evidence, stats.Evidence{Weight: 1 / float64(len(tosses)), Log: stats.Split(t.share, t.drawn, t.all)})
		if t.all > 0 {
			said = append(said, fmt.Sprintf("%d of %d requests were drawn, and it should be %s of them", t.drawn, t.all, percent(t.share)))
		}
	}
	if stats.Combine(evidence) < stats.Line(splitAlpha) {
		return nil
	}
	return stopped(StopInvalid, "The split is wrong: "+strings.Join(said, "; ")+".")
}

// toss is how often a coin was tossed, and fell on fault.
type toss struct {
	share      float64
	drawn, all uint64
}

// coin returns the share of requests that one toss draws, and whether there is
// one to test: the same for all policies, tossed for each request, and at most
// once on a listener.
func coin(spec Spec) (share float64, ok bool) {
	if spec.Canary != "" {
		return 0, false
	}
	listeners := map[string]bool{}
	for i, p := range spec.Policies {
		alone := len(spec.Policies) == 1 || p.Listener != "" && !listeners[p.Listener]
		if p.Sticky || !alone || i > 0 && p.Share != share {
			return 0, false
		}
		share, listeners[p.Listener] = p.Share, true
	}
	return share, len(spec.Policies) > 0
}
