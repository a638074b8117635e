// Package api is the admin surface: what people and programs ask poise, and how
// they steer it, over HTTP and JSON. It is never on a traffic port.
//
//	Guard (Host, Origin, token) → route → handler → what wiring handed in
//
// Handlers own no state but the records under way; they translate between HTTP
// and the rooms behind them: the lease table, the documents, the runs, the
// record. A part that wiring does not hand in does not exist: 404.
//
// Every error is application/problem+json (RFC 9457). Wiring returns [Refuse]
// to choose the status of one.
package api
