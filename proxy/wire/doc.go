// Package wire is HTTP/1.1 as bytes: it reads heads and bodies strictly
// (RFC 9112), and writes heads so that what was not meant to change does not.
//
// Everything is pure: bytes in, bytes out, no connection, no clock. A head stays
// in the buffer it was read into, and a [Head] is a view of it:
//
//	buffer ─ End ─► head ─ ReadRequest ─► Head ─ AppendRequest ─► buffer
//	                                        └── Body: how the body is framed,
//	                                            and Chunks where it ends
//
// What two readers could understand differently is refused, because a proxy
// that guesses is how requests are smuggled: both Content-Length and
// Transfer-Encoding, a bare CR or LF, a folded line, white space before a colon,
// lengths that differ, a trailer that frames or routes the message it is behind.
// See [Error] for what the caller is told.
//
// What goes on, goes on as it came: order, case, spacing, duplicates, reason
// phrase, chunk extensions and trailers. Only this is different:
//
//   - Fields that end at this hop are left out, in 1xx answers too: Connection
//     and what it names (but never Host, Content-Length, Transfer-Encoding),
//     Keep-Alive, TE, Upgrade, Proxy-Connection, Proxy-Authenticate,
//     Proxy-Authentication-Info, Proxy-Authorization. TE: trailers is said again.
//   - Our own version is told. HTTP/1.0 gains a Host and loses Expect.
//   - http://host/path becomes a path behind its Host, as origin servers expect it.
//   - Host, Content-Length and Transfer-Encoding are written plainly: a tab or a
//     zero in front of a value hides it from some readers.
//   - The second of two equal lengths, and the lengths of answers that cannot
//     have a body (1xx, 204, success of CONNECT), are left out.
//   - Max-Forwards of TRACE and OPTIONS is counted down.
//
// An Upgrade is only noted where it was asked for by the rules, and never to
// what would carry requests past the proxy: h2c, HTTP/x, TLS/x.
package wire
