// Package http1 is the HTTP/1.1 data path: it carries the requests of one client
// connection to an upstream and the answers back, byte for byte but for what a
// gateway must change.
//
//	client ─► conn ── head ── wire.ReadRequest ── fault.Lane.Enter, Inject
//	            ▲                                        │
//	            └─ answer ◄── wire.ReadResponse ◄── upstream (pool)
//
// A connection is one goroutine. On Linux it reads and writes by plain system
// calls from within the runtime's poller (socket_linux.go tells why); elsewhere,
// and for TLS, by net.Conn. A request that meets no fault takes one read and one
// write in each direction, no timer, no context and no allocation. Time limits
// are kept by one sweep a second over all connections. An idle connection holds
// no buffer.
//
// Nothing is sent twice: a connection is looked at before it is used again, and
// what still fails is answered 502.
package http1
