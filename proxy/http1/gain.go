package http1

import (
	"net"

	"github.com/poise-dev/poise/proxy/wire"
)

// The fields a request may gain, and that replace what came under their name.
const (
	traceparent  = "traceparent"
	tracestate   = "tracestate"
	poiseFault   = "x-poise-fault"
	forwardedFor = "x-forwarded-for"
)

// gained is a set of those fields.
type gained uint8

const (
	gainsTraceparent gained = 1 << iota
	gainsTracestate
	gainsPoiseFault
	gainsForwardedFor
)

// gain returns which of the fields a name is; 0: none.
func gain(name []byte) gained {
	switch {
	case len(name) == len(traceparent) && equalFold(name, traceparent):
		return gainsTraceparent
	case len(name) == len(tracestate) && equalFold(name, tracestate):
		return gainsTracestate
	case len(name) == len(poiseFault) && equalFold(name, poiseFault):
		return gainsPoiseFault
	case len(name) == len(forwardedFor) && equalFold(name, forwardedFor):
		return gainsForwardedFor
	default:
		return 0
	}
}

// isReplaced says whether a field that came is left out for one that was gained.
func (c *conn) isReplaced(name []byte) bool { return gain(name)&c.gains != 0 }

// appendHead appends the request head as it leaves.
func (x *exchange) appendHead(to []byte) []byte {
	x.gains = 0
	var lines [512]byte
	add := lines[:0]
	if !x.server.o.Unforwarded {
		add = x.appendForwarded(add)
	}
	if tp := x.passage.Traceparent(); tp != "" {
		add = appendLine(add, traceparent, tp)
		x.gains |= gainsTraceparent
	}
	if mark, ok := x.passage.Mark(); ok {
		add = appendLine(add, poiseFault, mark.Value)
		x.gains |= gainsPoiseFault
		add = x.appendTracestate(add, mark.Value)
	}
	f := wire.Forward{Upgrade: x.request.Upgrade != nil, Add: add}
	if x.gains != 0 {
		f.Drop = x.drop
	}
	if x.request.Unchanged(&f) {
		return append(to, x.buf[:x.head]...)
	}
	return x.request.AppendRequest(to, &f)
}

func appendLine(to []byte, name, value string) []byte {
	to = append(append(to, name...), ": "...)
	return append(append(to, value...), "\r\n"...)
}

// appendTracestate puts the fault into the trace of a request that carries one,
// ahead of what is there (https://www.w3.org/TR/trace-context/#tracestate-header):
// whoever records the spans below records it with them.
func (x *exchange) appendTracestate(to []byte, policy string) []byte {
	if _, carries := field(&x.request, traceparent, 0); !carries {
		return to
	}
	to = append(append(to, tracestate+": poise="...), policy...)
	for i := range x.request.Fields {
		if f := &x.request.Fields[i]; gain(f.Name) == gainsTracestate && len(f.Value) > 0 {
			to = append(append(to, ","...), f.Value...)
			x.gains |= gainsTracestate
		}
	}
	return append(to, "\r\n"...)
}

// appendForwarded appends what a gateway tells: the peer, and the host and
// scheme where nobody in front of us told them, and itself (RFC 9110 section
// 7.6.3). X-Forwarded-For that came becomes part of ours: many read its first
// line only.
func (x *exchange) appendForwarded(to []byte) []byte {
	if x.peerText == nil {
		x.peerText = x.peerAddress()
	}
	if len(x.peerText) > 0 {
		to = append(to, "X-Forwarded-For: "...)
		for i := range x.request.Fields {
			if f := &x.request.Fields[i]; gain(f.Name) == gainsForwardedFor && len(f.Value) > 0 {
				to = append(append(to, f.Value...), ", "...)
				x.gains |= gainsForwardedFor
			}
		}
		to = append(append(to, x.peerText...), "\r\n"...)
	}
	host, proto := x.told()
	if !host {
		if v := x.request.Value(wire.Host); len(v) > 0 && len(v) < 128 {
			to = append(append(append(to, "X-Forwarded-Host: "...), v...), "\r\n"...)
		}
	}
	if !proto {
		to = appendLine(to, "X-Forwarded-Proto", x.server.o.Scheme)
	}
	if x.request.Minor == 0 {
		return append(to, "Via: 1.0 poise\r\n"...)
	}
	return append(to, "Via: 1.1 poise\r\n"...)
}

// told says what somebody in front of us has told already.
func (x *exchange) told() (host, proto bool) {
	for i := range x.request.Fields {
		switch name := x.request.Fields[i].Name; len(name) {
		case len("x-forwarded-host"):
			host = host || equalFold(name, "x-forwarded-host")
		case len("x-forwarded-proto"):
			proto = proto || equalFold(name, "x-forwarded-proto")
		}
	}
	return host, proto
}

// peerAddress returns the client's address; empty: a unix socket has none.
func (c *conn) peerAddress() []byte {
	host, _, err := net.SplitHostPort(c.client.RemoteAddr().String())
	if err != nil {
		return []byte{}
	}
	return []byte(host)
}
