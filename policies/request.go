package policies

import (
	"net/netip"
	"strings"
)

// Request is the small view of a request that a decision needs. Adapters fill
// it; it is only valid during the call.
type Request struct {
	Listener string
	Method   string
	Host     string // as sent, port included
	Path     string // percent-decoded once
	RawQuery string // without the question mark
	Fields   Fields
	// Source is the peer of the connection; the zero Addr means unknown.
	Source netip.Addr
	// Identities are the mTLS identities of the peer.
	Identities []string
	// GRPC tells that this is a gRPC request (content-type application/grpc).
	GRPC bool
}

// Fields gives access to the header fields of a request.
type Fields interface {
	// Field returns the i-th value (from 0) of the field with the canonical
	// name ("X-User", see net/textproto), and false when there are fewer. It
	// does not allocate.
	Field(name string, i int) (value string, ok bool)
}

// FieldMap is header fields in a map by canonical name; an http.Header
// converts to it without a copy.
type FieldMap map[string][]string

// Field returns the i-th value of the field, see [Fields].
func (m FieldMap) Field(name string, i int) (string, bool) {
	values := m[name]
	if i >= len(values) {
		return "", false
	}
	return values[i], true
}

// where is a part of a request that values are taken from.
type where uint8

// The parts of a request that values are taken from. All but the host, of
// which there is one, have names.
const (
	inHost where = iota
	inHeader
	inQuery
	inCookie
)

// String returns the word people use for a value of the part.
func (w where) String() string {
	return [...]string{"host", "header", "query", "cookie"}[w]
}

// values yields every value that has the name in this part of the request,
// until yield has seen enough and returns false.
func (r *Request) values(in where, name string, yield func(string) bool) {
	switch in {
	case inHost:
		yield(r.host())
	case inHeader:
		r.fields(name, yield)
	case inQuery:
		parameters(r.RawQuery, name, yield)
	case inCookie:
		r.fields("Cookie", func(field string) bool { return cookies(field, name, yield) })
	}
}

// first returns the first value that has the name.
func (r *Request) first(in where, name string) (value string, ok bool) {
	r.values(in, name, func(v string) bool {
		value, ok = v, true
		return false
	})
	return value, ok
}

// fields yields the values of a header field. Host is a field like any other
// here, although it reaches a request by its own way.
func (r *Request) fields(name string, yield func(string) bool) {
	if name == "Host" {
		if r.Host != "" {
			yield(r.Host)
		}
		return
	}
	if r.Fields == nil {
		return
	}
	for i := 0; ; i++ {
		value, ok := r.Fields.Field(name, i)
		if !ok || !yield(value) {
			return
		}
	}
}

// asksForWebSocket tells whether the request asks for an upgrade to a websocket
// (RFC 6455 section 4.1).
func (r *Request) asksForWebSocket() bool {
	protocol, ok := r.first(inHeader, "Upgrade")
	return ok && strings.EqualFold(protocol, "websocket")
}

// rpc returns the service and method of a gRPC request, whose path is
// "/service/method".
func (r *Request) rpc() (service, method string, ok bool) {
	if !r.GRPC || !strings.HasPrefix(r.Path, "/") {
		return "", "", false
	}
	end := strings.LastIndexByte(r.Path, '/')
	if end == 0 {
		return "", "", false
	}
	return r.Path[1:end], r.Path[end+1:], true
}

// host returns the host in the form rules are compared with.
func (r *Request) host() string { return hostname(r.Host) }

// peer returns the address of the peer as people write it in rules: an IPv4
// address that arrived in IPv6 clothes is an IPv4 address, and a zone does not
// count.
func (r *Request) peer() netip.Addr { return r.Source.Unmap().WithZone("") }

// hostname strips the port, the brackets of an IPv6 literal and the trailing
// dot, and lowers the case. It allocates only if there were capitals.
func hostname(host string) string {
	if end := strings.IndexByte(host, ']'); end > 0 && host[0] == '[' {
		return strings.ToLower(host[1:end])
	}
	if colon := strings.IndexByte(host, ':'); colon >= 0 && colon == strings.LastIndexByte(host, ':') {
		host = host[:colon]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
