package fault

import (
	"sync"
	"time"

	"github.com/poise-dev/poise/policies"
)

// A window counts what happened in the last ten seconds, to a tenth of a
// second. Its memory is fixed: about 900 bytes.
const (
	windowSlot  = 100 * time.Millisecond
	windowSlots = 100
)

type window struct {
	mu    sync.Mutex
	slots [windowSlots]uint32
	last  int64 // number of the newest slot since the engine began
	sum   uint64
}

// add counts one event.
func (w *window) add(now time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(now)
	w.slots[w.last%windowSlots]++
	w.sum++
}

// count returns the number of events of the last ten seconds.
func (w *window) count(now time.Duration) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(now)
	return w.sum
}

// below says whether one more event would keep the window within its share of
// all; one event is always within.
func (w *window) below(share *policies.Percent, all *window, now time.Duration) bool {
	total := all.count(now)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(now)
	return w.within(*share, total)
}

// take counts one event if that keeps the window within its share of all.
func (w *window) take(share *policies.Percent, all *window, now time.Duration) bool {
	total := all.count(now)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(now)
	if !w.within(*share, total) {
		return false
	}
	w.slots[w.last%windowSlots]++
	w.sum++
	return true
}

func (w *window) within(share policies.Percent, total uint64) bool {
	return w.sum == 0 || (w.sum+1)*policies.Whole <= uint64(share)*total
}

// advance forgets the slots that have left the window.
func (w *window) advance(now time.Duration) {
	slot := int64(now / windowSlot)
	for ; w.last < slot && w.sum > 0; w.last++ {
		next := (w.last + 1) % windowSlots
		w.sum -= uint64(w.slots[next])
		w.slots[next] = 0
	}
	w.last = max(w.last, slot)
}
