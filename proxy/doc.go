// Package proxy is the data plane: it carries requests, and now and then lets
// one meet a fault.
//
// A request passes five places, in this order:
//
//	accept → decide → permit → inject → forward → observe
//
// Decide is pure and belongs to package policies. Permit asks a lease
// ([Permit]) before every fault, so that a fault exists only while somebody who
// is watching says so. Inject waits for a timer, the caller or the end of the
// lease, whichever comes first. Observe counts the request by listener, policy
// and arm, and by objective for the run that watches it ([Watch]).
//
// The fault engine ([Engine], [Passage]) knows no wire format. An adapter, such
// as the HTTP one in this package ([Server]), shows it a small view of each
// request, does what its [Action] says, and tells it how the request ended.
package proxy
