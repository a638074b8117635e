// Package h2 watches over HTTP/2 connections that the standard library serves.
//
// The library speaks the protocol; what it leaves open is closed here, on the
// bytes that pass, without a second decoder:
//
//   - A caller who agreed to HTTP/2 and begins otherwise is cut off (RFC 9113
//     section 3.4), not taken for one of HTTP/1.
//   - A request with connection-specific header fields is malformed (RFC 9113
//     section 8.2.2). The library answers it 400 and leaves the stream be; a
//     [Conn] resets the stream with PROTOCOL_ERROR behind that answer, which is
//     what section 8.1.1 allows a server to say, and what it asks for.
//   - A caller who opens streams only to reset them keeps a server busy for
//     nothing (CVE-2023-44487). The library bounds how many such requests run; a
//     [Conn] bounds how many there are, and ends the connection.
package h2
