package measured_test

import (
	"math"

	"github.com/poise-dev/poise/verifier/stats"
)

const (
	objective = 0.001 // bad rate allowed
	tick      = 60.0  // seconds between two looks at a world
)

// tolerated is the margin poise compares with unless told otherwise.
func tolerated() stats.Margin { return stats.Margin{Ratio: 1.25, Points: objective / 2} }

// rates is what a world is like for the time of one tick.
type rates struct {
	traffic          float64 // times the usual
	treated, control float64 // bad rates
}

func alike(p float64) rates { return rates{traffic: 1, treated: p, control: p} }

// world is a service, and what is true of it.
type world struct {
	name  string
	share float64 // of requests in the fault arm
	// life returns what the world is like at each moment, from 0 to 1, of a run.
	life func(c chance) func(moment float64) rates
	// together bad requests come at once, on whichever arm the coin sends them.
	together int

	// kept: the objective holds at all times; bursts: on average only.
	kept, bursts bool
	// worse: the fault arm is worse than control, within the margin.
	worse bool
}

// steady is a life without events.
func steady(r rates) func(chance) func(float64) rates {
	return func(chance) func(float64) rates { return func(float64) rates { return r } }
}

// moving is one that is the same in each run.
func moving(f func(moment float64) rates) func(chance) func(float64) rates {
	return func(chance) func(float64) rates { return f }
}

func swing(moment float64) float64 { return 0.6 - 0.4*math.Cos(6*math.Pi*moment) } // 3 days, 0.2 to 1

func incident(moment float64) bool { return math.Mod(moment*12, 1) < 0.05 } // 12 of them, 5% of the time

func worlds() []world {
	edge := tolerated()
	usedUp := func(p float64) rates {
		return rates{traffic: 1, control: p, treated: edge.Ratio*p + edge.Points}
	}
	return []world{
		{name: "sits exactly at its objective", share: 0.1, kept: true, life: steady(alike(objective))},
		{name: "the same, split in halves", share: 0.5, kept: true, life: steady(alike(objective))},
		{name: "the same, 1% of it faulted", share: 0.01, kept: true, life: steady(alike(objective))},
		{name: "does twice as well as promised", share: 0.1, kept: true, life: steady(alike(objective / 2))},
		{name: "has hardly any errors", share: 0.1, kept: true, life: steady(alike(objective / 100))},
		{name: "drifts up to its objective", share: 0.1, kept: true, life: moving(func(m float64) rates { return alike(objective * m) })},
		{name: "drifts down from its objective", share: 0.1, kept: true, life: moving(func(m float64) rates { return alike(objective * (1 - m)) })},
		{name: "a deploy makes it five times worse, both arms", share: 0.1, kept: true, life: moving(func(m float64) rates {
			if m < 0.5 {
				return alike(objective / 5)
			}
			return alike(objective)
		})},
		{name: "daily swing of traffic and errors", share: 0.1, kept: true, life: moving(func(m float64) rates {
			return rates{traffic: swing(m), treated: objective * swing(m), control: objective * swing(m)}
		})},
		{name: "errors when it is quiet", share: 0.1, kept: true, life: moving(func(m float64) rates {
			return rates{traffic: swing(m), treated: objective * (1.2 - swing(m)), control: objective * (1.2 - swing(m))}
		})},
		{name: "wanders below its objective", share: 0.1, kept: true, life: func(c chance) func(float64) rates {
			p := objective / 2
			return func(float64) rates {
				p = min(max(p+objective*0.05*c.NormFloat64(), 0), objective)
				return alike(p)
			}
		}},
		{name: "shared incidents, 2% bad", share: 0.1, life: moving(func(m float64) rates {
			if incident(m) {
				return alike(0.02)
			}
			return alike(objective / 2)
		})},
		{name: "shared incidents and daily swing", share: 0.1, life: moving(func(m float64) rates {
			r := rates{traffic: swing(m), treated: objective * swing(m) / 2, control: objective * swing(m) / 2}
			if incident(m) {
				r.treated, r.control = 0.02, 0.02
			}
			return r
		})},
		{name: "errors in bursts of 3", share: 0.1, together: 3, bursts: true, life: steady(alike(objective))},
		{name: "errors in bursts of 100", share: 0.1, together: 100, bursts: true, life: steady(alike(objective))},
		{name: "fault arm uses its margin up", share: 0.1, worse: true, life: steady(usedUp(objective / 2))},
		{name: "the same, while both drift", share: 0.1, worse: true, life: moving(func(m float64) rates { return usedUp(objective * m) })},
	}
}

// look is what one tick brings.
type look struct{ treated, control stats.Batch }

// draw returns what each tick of a run brings, at so many requests a second.
func (w world) draw(c chance, perSecond float64, ticks int) func(i int) look {
	life := w.life(c)
	return func(i int) look {
		r := life(float64(i) / float64(ticks))
		n := c.poisson(perSecond * tick * r.traffic)
		faulted := c.split(n, w.share)
		if w.together == 0 {
			return look{c.batch(faulted, r.treated), c.batch(n-faulted, r.control)}
		}
		l := look{stats.Batch{Requests: faulted}, stats.Batch{Requests: n - faulted}}
		bad := c.poisson(float64(n)*r.control/float64(w.together)) * uint64(w.together)
		l.treated.Bad = min(c.count(bad, w.share), faulted)
		l.control.Bad = min(bad-l.treated.Bad, n-faulted)
		return l
	}
}
