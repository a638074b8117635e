//go:build race

package http1_test

// raced says that the race detector is on: then a sync.Pool forgets at random.
const raced = true
