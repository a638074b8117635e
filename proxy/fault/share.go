package fault

import "github.com/poise-dev/poise/policies"

// Share sets the share of eligible requests that the run's policies draw from
// now on, in place of their own percentages, which it never exceeds. Until it is
// called each policy has its own. Sticky policies, whose coin is a hash, always
// have.
func (w *Watch) Share(p policies.Percent) { w.share.Store(uint64(p) + 1) }

// within returns the coin as the policies compare it with their own percentage:
// what falls beyond the share in force falls beyond any.
func (w *Watch) within(coin uint32) uint32 {
	if share := w.share.Load(); share > 0 && uint64(coin) >= share-1 {
		return policies.Whole
	}
	return coin
}
