// Package e2e tests the real binaries as processes: killed, stopped, signalled,
// and on a full disk. There is nothing in it but tests, which run with
//
//	go test -tags e2e ./internal/e2e
//
// They build poise and poise-proxy once, use the loopback interface only, and
// end every process they start. Those that fill a disk need root, to mount a
// small one; without, they are skipped.
package e2e
