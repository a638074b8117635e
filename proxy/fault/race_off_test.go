//go:build !race

package fault_test

// raced: see race_on_test.go.
const raced = false
