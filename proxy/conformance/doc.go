// Package conformance asks other people's programs whether poise speaks their
// protocols: h2spec, gRPC's interop client and server, curl, Node, Python and a
// websocket library, all through listeners of ours.
//
// It is a module of its own, so that what only these tests need stays out of the
// main one. The tests have the build tag e2e:
//
//	cd proxy/conformance && go test -tags e2e ./...
package conformance
