//go:build race

package fault_test

// raced: the race detector is on, under which a sync.Pool forgets at random.
const raced = true
