// Package wire is HTTP/1.1 as bytes: it reads heads and bodies strictly
// (RFC 9112), and writes heads so that what was not meant to change does not.
//
// Everything is pure: bytes in, bytes out, no connection, no clock. A head stays
// in the buffer it was read into, and a [Head] is a view of it:
//
//	buffer ─ End ─► head ─ ReadRequest ─► Head ─ AppendRequest ─► buffer
//	                                        └── Body: how the body is framed
//
// What two readers could understand differently is refused, because a proxy
// that guesses is how requests are smuggled: both Content-Length and
// Transfer-Encoding, a bare CR or LF, a folded line, white space before a colon,
// lengths that differ. See [Error] for what the caller is told.
package wire
