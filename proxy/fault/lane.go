package fault

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/poise-dev/poise/policies"
)

// Lane is the engine's view of one listener: where requests enter, and what was
// counted there.
type Lane struct {
	engine *Engine
	name   string
	// edge is the run that measures its promise here, if any.
	edge atomic.Pointer[Watch]
	// codes counts answers by arm and status; 0 where none was sent.
	codes     [3][maxStatus + 1]atomic.Uint64
	durations [3]prometheus.Observer

	// shares holds, by *gate, the faults of the last ten seconds; only for
	// policies with a maxShare, and then all counts all requests.
	shares  sync.Map
	sharing atomic.Bool
	all     window
}

// maxStatus is the highest status HTTP/1.1 can carry and poise counts apart.
const maxStatus = 599

func newLane(e *Engine, name string) *Lane {
	l := &Lane{engine: e, name: name}
	for arm := range l.durations {
		l.durations[arm] = e.durations.WithLabelValues(name, policies.Arm(arm).String())
	}
	return l
}

// Name returns the listener's name.
func (l *Lane) Name() string { return l.name }

// Enter decides what a request meets, and counts it as begun. The request is
// not kept. The caller calls [Passage.Inject] once and [Passage.Leave] once.
func (l *Lane) Enter(r *policies.Request) *Passage {
	p := l.engine.passages.Get().(*Passage)
	p.begin(l, r)
	return p
}

// requests returns the window of all requests.
func (l *Lane) requests() *window { return &l.all }

// faultsOf returns the window of faults of a policy. The first question starts
// the counting of all requests.
func (l *Lane) faultsOf(g *gate) *window {
	if w, ok := l.shares.Load(g); ok {
		return w.(*window)
	}
	l.sharing.Store(true)
	w, _ := l.shares.LoadOrStore(g, new(window))
	return w.(*window)
}

// observe counts an answer.
func (l *Lane) observe(arm policies.Arm, status int, took time.Duration) {
	if status < 0 || status > maxStatus {
		status = 0
	}
	l.codes[arm][status].Add(1)
	l.durations[arm].Observe(took.Seconds())
}
