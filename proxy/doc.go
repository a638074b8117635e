// Package proxy is the data plane: it carries requests, and now and then lets
// one meet a fault.
//
// A request passes five places, in this order:
//
//	accept → decide → permit → inject → forward → observe
//
// Accepting and forwarding are here: listeners, upstreams, and the adapter
// between net/http and the fault engine. Deciding is pure and belongs to package
// policies; permitting, injecting and observing belong to package fault, which
// knows no wire format. The adapter shows it a small view of each request, does
// what its [fault.Action] says, and tells it how the request ended.
package proxy
