package wire_test

import (
	"strings"
	"testing"

	"github.com/poise-dev/poise/proxy/wire"
)

// vector is one message on the wire and what has to become of it.
type vector struct {
	name   string // a sentence, with the section it follows
	method string // that an answer answers; empty: GET
	in     string
	out    string // as it is forwarded; empty: as it came
	rest   string // what is left behind the message
	status int    // refused with this status
	close  bool   // the connection is not used again
	up     string // the protocol asked for, or agreed to
}

// check compares what became of a message with the vector.
func (v *vector) check(t *testing.T, m *message) {
	t.Helper()
	if v.status != 0 {
		if m.err == nil || m.err.Status != v.status {
			t.Fatalf("forwarded as %q, error %v; want it refused with %d", m.out, m.err, v.status)
		}
		if m.err.Error() == "" {
			t.Error("no reason is given")
		}
		return
	}
	if m.err != nil || !m.whole {
		t.Fatalf("error %v, whole %t; want it forwarded", m.err, m.whole)
	}
	want := v.out
	if want == "" {
		want = strings.TrimSuffix(v.in, v.rest)
	}
	if string(m.out) != want {
		t.Errorf("forwarded as\n%q, want\n%q", m.out, want)
	}
	if string(m.rest) != v.rest {
		t.Errorf("left behind %q, want %q", m.rest, v.rest)
	}
	if m.head.Close != v.close {
		t.Errorf("close %t, want %t", m.head.Close, v.close)
	}
	if string(m.head.Upgrade) != v.up {
		t.Errorf("upgrade to %q, want %q", m.head.Upgrade, v.up)
	}
}

func TestRequests(t *testing.T) {
	for _, v := range requests() {
		t.Run(v.name, func(t *testing.T) {
			m := request([]byte(v.in), &wire.Forward{})
			v.check(t, &m)
			if v.status == 0 && v.out == "" && !m.head.Unchanged(&wire.Forward{}) {
				t.Error("Unchanged says that it changed")
			}
		})
	}
}

const (
	get  = "GET / HTTP/1.1\r\n"
	post = "POST / HTTP/1.1\r\n"
	host = "Host: x\r\n"
	next = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"

	chunked = "Transfer-Encoding: chunked\r\n"
)

// requests are the vectors for requests. Numbers are sections of RFC 9112,
// unless another one is named.
func requests() []vector {
	var all []vector
	for _, some := range [][]vector{
		requestLines(), requestTargets(), requestHosts(), requestFields(), requestLengths(), requestCodings(),
		requestHops(), requestChunks(), requestTrailers(), requestUpgrades(),
	} {
		all = append(all, some...)
	}
	return all
}

func requestLines() []vector {
	return []vector{
		{name: "a plain request goes on as it came (2.1)", in: get + host + "\r\n"},
		{name: "the next request in the pipe is left alone (9.3.2)", in: get + host + "\r\n" + next, rest: next},
		{name: "an empty line before a request is skipped (2.2)", in: "\r\n" + get + host + "\r\n", out: get + host + "\r\n"},
		{name: "a lower-case method is another method, and goes on (RFC 9110, 9.1)", in: "get / HTTP/1.1\r\n" + host + "\r\n"},
		{name: "an unknown method goes on (RFC 9110, 9.1)", in: "M-SEARCH!# / HTTP/1.1\r\n" + host + "\r\n"},
		{name: "a method that is no token is refused (3.1)", in: "G(T / HTTP/1.1\r\n" + host + "\r\n", status: 400},
		{name: "a request line without a version, as of HTTP/0.9, is refused (3)", in: "GET /\r\n" + host + "\r\n", status: 400},
		{name: "two spaces before the target are refused (3)", in: "GET  / HTTP/1.1\r\n" + host + "\r\n", status: 400},
		{name: "two spaces behind the target are refused (3)", in: "GET /  HTTP/1.1\r\n" + host + "\r\n", status: 400},
		{name: "a space within the target is refused (3.2)", in: "GET /a b HTTP/1.1\r\n" + host + "\r\n", status: 400},
		{name: "a tab in the request line is refused (3)", in: "GET\t/ HTTP/1.1\r\n" + host + "\r\n", status: 400},
		{name: "white space before the method is refused (2.2)", in: " GET / HTTP/1.1\r\n" + host + "\r\n", status: 400},
		{name: "white space behind the version is refused (3)", in: "GET / HTTP/1.1 \r\n" + host + "\r\n", status: 400},
		{name: "a version in lower case is refused (2.3)", in: "GET / http/1.1\r\n" + host + "\r\n", status: 400},
		{name: "a version with two digits is refused (2.3)", in: "GET / HTTP/1.10\r\n" + host + "\r\n", status: 400},
		{name: "the preface of HTTP/2 is refused with 505 (RFC 9113, 3.4)", in: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 505},
		{name: "HTTP/2.0 in a request line is refused with 505 (RFC 9110, 15.6.6)", in: "GET / HTTP/2.0\r\n" + host + "\r\n", status: 505},
		{name: "HTTP/1.2 is forwarded as the version we speak (RFC 9110, 2.5)", in: "GET / HTTP/1.2\r\n" + host + "\r\n", out: get + host + "\r\n"},
		{name: "HTTP/1.0 is forwarded as 1.1, and ends its connection (2.3, 9.3)", in: "GET / HTTP/1.0\r\n" + host + "\r\n", out: get + host + "\r\n", close: true},
		{name: "HTTP/1.0 may ask to keep its connection (9.3)", in: "GET / HTTP/1.0\r\n" + host + "Connection: Keep-Alive\r\n\r\n", out: get + host + "\r\n"},
		{name: "HTTP/1.0 without Host gains an empty one (3.2)", in: "GET / HTTP/1.0\r\n\r\n", out: get + "Host: \r\n\r\n", close: true},
		{name: "HTTP/1.0 expects no 100 (RFC 9110, 10.1.1)", in: "GET / HTTP/1.0\r\n" + host + "Expect: 100-continue\r\n\r\n", out: get + host + "\r\n", close: true},
		{name: "Expect goes on with HTTP/1.1 (RFC 9110, 10.1.1)", in: get + host + "Expect: 100-continue\r\n\r\n"},
		{name: "a TLS handshake is refused at once", in: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", status: 400},
		{name: "a request line that ends in a bare LF is refused (2.2)", in: "GET / HTTP/1.1\nHost: x\r\n\r\n", status: 400},
		{name: "a whole head of bare LFs is refused without waiting for more (2.2)", in: "GET / HTTP/1.1\nHost: x\n\n", status: 400},
		{name: "a bare CR in the request line is refused (2.2)", in: "GET /\r HTTP/1.1\r\n" + host + "\r\n", status: 400},
		{name: "a request line over 16 KiB is refused with 414 (RFC 9110, 15.5.15)", in: "GET /" + strings.Repeat("a", wire.MaxLine) + " HTTP/1.1\r\n" + host + "\r\n", status: 414},
	}
}

func requestTargets() []vector {
	line := func(target string) string { return "GET " + target + " HTTP/1.1\r\n" }
	return []vector{
		{name: "dots, double slashes and escapes of a path stay (RFC 9110, 7.7)", in: line("/a/../b//c/%2F/./%7e%zz") + host + "\r\n"},
		{name: "a query stays to the byte (RFC 9110, 7.7)", in: line("/?q=%zz;y=1&z&&=?/") + host + "\r\n"},
		{name: "a path of two slashes is a path (3.2.1)", in: line("//evil/") + host + "\r\n"},
		{name: "bytes beyond ASCII in a path stay (3.2)", in: line("/caf\xc3\xa9") + host + "\r\n"},
		{name: "a fragment is refused (3.2)", in: line("/a#b") + host + "\r\n", status: 400},
		{name: "a control character in a path is refused (3.2)", in: line("/a\x01") + host + "\r\n", status: 400},
		{name: "a path that does not begin with a slash is refused (3.2.1)", in: line("a/b") + host + "\r\n", status: 400},
		{name: "an absolute target takes the place of Host (3.2.2)", in: line("http://a.b:80/p?q") + "A: 1\r\nhOST: x\r\n\r\n", out: line("/p?q") + "A: 1\r\nhOST: a.b:80\r\n\r\n"},
		{name: "an absolute target of HTTP/1.0 brings its Host along (3.2.2)", in: "GET http://a.b/p HTTP/1.0\r\n\r\n", out: line("/p") + "Host: a.b\r\n\r\n", close: true},
		{name: "an absolute target needs Host all the same (3.2)", in: line("http://a.b/") + "\r\n", status: 400},
		{name: "an absolute target without a path is sent as a slash (3.2.1)", in: line("HTTP://a.b") + host + "\r\n", out: line("/") + "Host: a.b\r\n\r\n"},
		{name: "an absolute target with nothing but a query keeps it (3.2.1)", in: line("https://a.b?q") + host + "\r\n", out: line("/?q") + "Host: a.b\r\n\r\n"},
		{name: "an absolute target keeps an empty query (RFC 3986, 6.2.3)", in: line("http://a.b/?") + host + "\r\n", out: line("/?") + "Host: a.b\r\n\r\n"},
		{name: "an absolute target of OPTIONS without a path is an asterisk (3.2.4)", in: "OPTIONS http://a.b HTTP/1.1\r\n" + host + "\r\n", out: "OPTIONS * HTTP/1.1\r\nHost: a.b\r\n\r\n"},
		{name: "an absolute target without a host is refused (RFC 9110, 4.2.1)", in: line("http:///p") + host + "\r\n", status: 400},
		{name: "a user name in an absolute target is refused (RFC 9110, 4.2.4)", in: line("http://u@a.b/") + host + "\r\n", status: 400},
		{name: "another scheme is refused (3.2.2)", in: line("ftp://a.b/") + host + "\r\n", status: 400},
		{name: "an asterisk is for OPTIONS (3.2.4)", in: "OPTIONS * HTTP/1.1\r\n" + host + "\r\n"},
		{name: "an asterisk is not for GET (3.2.4)", in: line("*") + host + "\r\n", status: 400},
		{name: "CONNECT has a host and a port (3.2.3)", in: "CONNECT a.b:443 HTTP/1.1\r\nHost: a.b:443\r\n\r\n"},
		{name: "CONNECT to an IPv6 address has brackets (3.2.3)", in: "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n"},
		{name: "CONNECT without a port is refused (RFC 9110, 9.3.6)", in: "CONNECT a.b HTTP/1.1\r\nHost: a.b\r\n\r\n", status: 400},
		{name: "CONNECT to an IPv6 address without a port is refused (RFC 9110, 9.3.6)", in: "CONNECT [::1] HTTP/1.1\r\nHost: a.b\r\n\r\n", status: 400},
		{name: "CONNECT to an empty port is refused (RFC 9110, 9.3.6)", in: "CONNECT a.b: HTTP/1.1\r\nHost: a.b\r\n\r\n", status: 400},
		{name: "CONNECT to a path is refused (3.2.3)", in: "CONNECT / HTTP/1.1\r\nHost: a.b\r\n\r\n", status: 400},
		{name: "CONNECT with a body is refused, for it would be part of the tunnel (RFC 9110, 9.3.6)", in: "CONNECT a.b:1 HTTP/1.1\r\nHost: a.b\r\nContent-Length: 1\r\n\r\na", status: 400},
	}
}

func requestHosts() []vector {
	return []vector{
		{name: "a request without Host is refused (3.2)", in: get + "\r\n", status: 400},
		{name: "two Hosts are refused (3.2)", in: get + host + host + "\r\n", status: 400},
		{name: "an empty Host goes on (3.2)", in: get + "Host:\r\n\r\n"},
		{name: "a list of hosts is refused (3.2)", in: get + "Host: a, b\r\n\r\n", status: 400},
		{name: "a list of hosts without a space is refused (3.2)", in: get + "Host: a,b\r\n\r\n", status: 400},
		{name: "a user name in Host is refused (3.2)", in: get + "Host: u@x\r\n\r\n", status: 400},
		{name: "a path in Host is refused (3.2)", in: get + "Host: x/y\r\n\r\n", status: 400},
		{name: "a host with a port goes on (RFC 9110, 7.2)", in: get + "Host: x:8080\r\n\r\n"},
		{name: "a port that is no number is refused (RFC 9110, 7.2)", in: get + "Host: x:80a\r\n\r\n", status: 400},
		{name: "a port without a host is refused (RFC 9110, 7.2)", in: get + "Host: :80\r\n\r\n", status: 400},
		{name: "an IPv6 address in brackets goes on (RFC 9110, 7.2)", in: get + "Host: [2001:db8::1]:80\r\n\r\n"},
		{name: "an IPv6 address without brackets is refused (RFC 9110, 7.2)", in: get + "Host: 2001:db8::1\r\n\r\n", status: 400},
		{name: "brackets that are not closed are refused (RFC 9110, 7.2)", in: get + "Host: [::1\r\n\r\n", status: 400},
		{name: "a host beyond ASCII is refused (RFC 3986, 3.2.2)", in: get + "Host: caf\xc3\xa9\r\n\r\n", status: 400},
		{name: "a Host behind a tab is written plainly (5.1)", in: get + "Host:\tx \r\n\r\n", out: get + host + "\r\n"},
	}
}

func requestFields() []vector {
	return []vector{
		{name: "order, case, duplicates and spacing of fields stay (RFC 9110, 5.3)", in: get + "b:2\r\nHOST: x\r\nA:   1\t\r\nB: 3\r\na: 4\r\n\r\n"},
		{name: "an empty value goes on (RFC 9110, 5.5)", in: get + host + "A:\r\nB: \r\n\r\n"},
		{name: "a tab within a value goes on (RFC 9110, 5.5)", in: get + host + "A: long enough\tto be looked at\tin words\r\n\r\n"},
		{name: "bytes beyond ASCII in a value go on (RFC 9110, 5.5)", in: get + host + "A: caf\xe9 \x80\xff and some more of it\r\n\r\n"},
		{name: "quotes, commas and colons in a value go on (RFC 9110, 5.6)", in: get + host + "A: \"a\\\"b\", c: d\r\n\r\n"},
		{name: "names of every token character go on (RFC 9110, 5.6.2)", in: get + host + "!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n"},
		{name: "a field without a name is refused (5.1)", in: get + host + ": 1\r\n\r\n", status: 400},
		{name: "a field without a colon is refused (5)", in: get + host + "A\r\n\r\n", status: 400},
		{name: "a name that is no token is refused (5.1)", in: get + host + "A(b): 1\r\n\r\n", status: 400},
		{name: "a name beyond ASCII is refused (5.1)", in: get + host + "\xc3\xa9: 1\r\n\r\n", status: 400},
		{name: "a space before the colon is refused (5.1)", in: get + host + "A : 1\r\n\r\n", status: 400},
		{name: "a coding with a space before its colon is refused (5.1)", in: post + host + "Transfer-Encoding : chunked\r\n\r\n", status: 400},
		{name: "a folded line is refused (5.2)", in: get + host + "A: 1\r\n 2\r\n\r\n", status: 400},
		{name: "a coding on a folded line is refused (5.2)", in: post + host + "Transfer-Encoding: chunked\r\n , gzip\r\n\r\n0\r\n\r\n", status: 400},
		{name: "a first field that begins with white space is refused (2.2)", in: get + " " + host + "\r\n", status: 400},
		{name: "a NUL in a value is refused (RFC 9110, 5.5)", in: get + host + "A: 1\x00\r\n\r\n", status: 400},
		{name: "a DEL in a long value is refused (RFC 9110, 5.5)", in: get + host + "A: 0123456789abc\x7fdef\r\n\r\n", status: 400},
		{name: "a vertical tab before a coding is refused (RFC 9110, 5.5)", in: post + host + "Transfer-Encoding: \x0bchunked\r\n\r\n", status: 400},
		{name: "a bare CR in a value is refused (2.2)", in: get + host + "A: 1\rB: 2\r\n\r\n", status: 400},
		{name: "a bare LF behind a value is refused (2.2)", in: get + host + "A: 1\nB: 2\r\n\r\n", status: 400},
		{name: "CR CR LF is refused (2.2)", in: get + host + "A: 1\r\r\n\r\n", status: 400},
		{name: "200 fields go on", in: get + host + strings.Repeat("A: 1\r\n", wire.MaxFields-1) + "\r\n"},
		{name: "more than 200 fields are refused with 431 (RFC 6585, 5)", in: get + host + strings.Repeat("A: 1\r\n", wire.MaxFields) + "\r\n", status: 431},
		{name: "a line of 16 KiB goes on", in: get + host + "A: " + strings.Repeat("a", wire.MaxLine-len("A: \r\n")) + "\r\n\r\n"},
		{name: "a longer line is refused with 431 (RFC 6585, 5)", in: get + host + "A: " + strings.Repeat("a", wire.MaxLine-len("A: \r")) + "\r\n\r\n", status: 431},
	}
}

func requestLengths() []vector {
	return []vector{
		{name: "a body is as long as it says (6.2)", in: post + host + "Content-Length: 3\r\n\r\nabc" + next, rest: next},
		{name: "a body of nothing is no body (6.2)", in: post + host + "Content-Length: 0\r\n\r\n" + next, rest: next},
		{name: "GET may have a body (RFC 9110, 9.3.1)", in: get + host + "Content-Length: 3\r\n\r\nabc" + next, rest: next},
		{name: "POST without a length has no body (6.3)", in: post + host + "\r\n" + next, rest: next},
		{name: "two different lengths are refused (6.3)", in: post + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", status: 400},
		{name: "the same length twice goes on once (6.3)", in: post + host + "Content-Length: 3\r\nA: 1\r\ncontent-length: 3\r\n\r\nabc", out: post + host + "Content-Length: 3\r\nA: 1\r\n\r\nabc"},
		{name: "a list of lengths is refused (6.3)", in: post + host + "Content-Length: 3, 3\r\n\r\nabc", status: 400},
		{name: "a length with a sign is refused (RFC 9110, 8.6)", in: post + host + "Content-Length: +3\r\n\r\nabc", status: 400},
		{name: "a negative length is refused (RFC 9110, 8.6)", in: post + host + "Content-Length: -3\r\n\r\nabc", status: 400},
		{name: "a hexadecimal length is refused (RFC 9110, 8.6)", in: post + host + "Content-Length: 0x3\r\n\r\nabc", status: 400},
		{name: "an empty length is refused (RFC 9110, 8.6)", in: post + host + "Content-Length:\r\n\r\nabc", status: 400},
		{name: "a length with a space in it is refused (RFC 9110, 8.6)", in: post + host + "Content-Length: 1 2\r\n\r\nabc", status: 400},
		{name: "a length with a comma behind it is refused (RFC 9110, 8.6)", in: post + host + "Content-Length: 3,\r\n\r\nabc", status: 400},
		{name: "a length of more than 63 bits is refused (RFC 9110, 8.6)", in: post + host + "Content-Length: 18446744073709551619\r\n\r\nabc", status: 400},
		{name: "a length with zeros in front is written without them (RFC 9110, 8.6)", in: post + host + "Content-Length: 0010\r\n\r\n0123456789", out: post + host + "Content-Length: 10\r\n\r\n0123456789"},
		{name: "a length of zeros is zero (RFC 9110, 8.6)", in: post + host + "Content-Length: 000\r\n\r\n", out: post + host + "Content-Length: 0\r\n\r\n"},
		{name: "a length behind a tab is written plainly (5.1)", in: post + host + "Content-Length:\t3\r\n\r\nabc", out: post + host + "Content-Length: 3\r\n\r\nabc"},
	}
}

func requestCodings() []vector {
	coding := func(value string) string { return post + host + "Transfer-Encoding: " + value + "\r\n\r\n0\r\n\r\n" }
	return []vector{
		{name: "a length and chunks are refused (6.1)", in: post + host + "Content-Length: 5\r\n" + chunked + "\r\n0\r\n\r\n", status: 400},
		{name: "chunks and a length are refused in the other order too (6.1)", in: post + host + chunked + "Content-Length: 5\r\n\r\n0\r\n\r\n", status: 400},
		{name: "chunks are refused in HTTP/1.0 (6.1)", in: "POST / HTTP/1.0\r\n" + host + chunked + "\r\n0\r\n\r\n", status: 400},
		{name: "a coding in capitals is the same coding (7)", in: coding("CHUNKED")},
		{name: "an unknown coding is refused with 501 (6.1)", in: coding("xchunked"), status: 501},
		{name: "gzip before chunks is refused with 501 (6.1)", in: coding("gzip, chunked"), status: 501},
		{name: "a coding behind chunks is refused (6.3)", in: coding("chunked, identity"), status: 501},
		{name: "chunks twice in a list are refused (6.1)", in: coding("chunked, chunked"), status: 501},
		{name: "chunks with a comma are refused (6.1)", in: coding("chunked,"), status: 501},
		{name: "identity is refused (6.1)", in: coding("identity"), status: 501},
		{name: "an empty coding is refused (6.1)", in: coding(""), status: 501},
		{name: "chunks with a parameter are refused (7)", in: coding("chunked;q=1"), status: 501},
		{name: "quoted chunks are refused (7)", in: coding("\"chunked\""), status: 501},
		{name: "two codings are refused (6.1)", in: post + host + chunked + chunked + "\r\n0\r\n\r\n", status: 501},
		{name: "chunks behind a tab are written plainly (5.1)", in: coding("\tchunked \t"), out: coding("chunked")},
	}
}

func requestHops() []vector {
	bare := get + host + "\r\n"
	return []vector{
		{name: "Connection ends here (RFC 9110, 7.6.1)", in: get + host + "Connection: keep-alive\r\n\r\n", out: bare},
		{name: "Connection: close closes, and ends here (9.6)", in: get + host + "connection: foo,CLOSE ,\r\n\r\n", out: bare, close: true},
		{name: "Keep-Alive and Proxy-Connection end here (RFC 9110, 7.6.1)", in: get + host + "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n\r\n", out: bare},
		{name: "Proxy-Connection: close closes nothing (C.2.2)", in: get + host + "Proxy-Connection: close\r\n\r\n", out: bare},
		{name: "credentials for a proxy end here (RFC 9110, 11.7.2)", in: get + host + "Proxy-Authorization: Basic eDp5\r\n\r\n", out: bare},
		{name: "fields that Connection names end here (RFC 9110, 7.6.1)", in: get + "X-A: 1\r\n" + host + "Connection: x-a\r\nConnection: X-B, , x-c\r\nx-b: 2\r\nX-D: 3\r\n\r\n", out: get + host + "X-D: 3\r\n\r\n"},
		{name: "Connection cannot take Host away (RFC 9110, 7.6.1)", in: get + host + "Connection: host\r\n\r\n", out: bare},
		{name: "Connection cannot take Content-Length away (RFC 9110, 7.6.1)", in: post + host + "Connection: close, Content-Length\r\nContent-Length: 3\r\n\r\nabc", out: post + host + "Content-Length: 3\r\n\r\nabc", close: true},
		{name: "Connection cannot take Transfer-Encoding away (RFC 9110, 7.6.1)", in: post + host + "Connection: transfer-encoding\r\n" + chunked + "\r\n0\r\n\r\n", out: post + host + chunked + "\r\n0\r\n\r\n"},
		{name: "TE ends here, but trailers are asked for again (RFC 9110, 10.1.4)", in: get + "TE: gzip;q=0.5, Trailers\r\n" + host + "Connection: TE\r\n\r\n", out: get + host + "TE: trailers\r\n\r\n"},
		{name: "TE without trailers ends here (RFC 9110, 10.1.4)", in: get + host + "TE: gzip\r\n\r\n", out: bare},
		{name: "Connection that names a hundred fields is refused", in: get + host + "Connection: " + strings.Repeat("a,", 100) + "\r\n\r\n", status: 400},
		{name: "Max-Forwards of OPTIONS counts down (RFC 9110, 7.6.2)", in: "OPTIONS / HTTP/1.1\r\n" + host + "max-forwards: 10\r\n\r\n", out: "OPTIONS / HTTP/1.1\r\n" + host + "max-forwards: 9\r\n\r\n"},
		{name: "Max-Forwards of TRACE at zero is the caller's to answer (RFC 9110, 7.6.2)", in: "TRACE / HTTP/1.1\r\n" + host + "Max-Forwards: 0\r\n\r\n"},
		{name: "Max-Forwards of other methods stays (RFC 9110, 7.6.2)", in: get + host + "Max-Forwards: 10\r\n\r\n"},
	}
}

func requestChunks() []vector {
	body := func(chunks string) string { return post + host + chunked + "\r\n" + chunks }
	return []vector{
		{name: "chunks go on as they came (7.1)", in: body("3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n" + next), rest: next},
		{name: "sizes may have capitals and zeros in front (7.1)", in: body("000b\r\n0123456789a\r\nB\r\n0123456789a\r\n000\r\n\r\n")},
		{name: "extensions go on (7.1.1)", in: body("3;a=b;c=\"d e\xe9\"\r\nabc\r\n0; x\r\n\r\n")},
		{name: "a size padded with spaces goes on (7.1)", in: body("3  \r\nabc\r\n0\r\n\r\n")},
		{name: "white space between a size and its extension is refused, for not all readers skip it (7.1.1)", in: body("3 ;a\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "a size with a second number is refused (7.1)", in: body("3 4\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "a size with a prefix is refused (7.1)", in: body("0x3\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "a negative size is refused (7.1)", in: body("-1\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "a size with a sign is refused (7.1)", in: body("+3\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "white space before a size is refused (7.1)", in: body(" 3\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "an empty size is refused (7.1)", in: body("\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "an extension without a size is refused (7.1.1)", in: body(";a\r\n\r\n"), status: 400},
		{name: "a size of more than 64 bits is refused (7.1)", in: body("10000000000000003\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "a size of 64 bits is refused (7.1)", in: body("ffffffffffffffff\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "a size with 17 digits is refused, be they zeros (7.1)", in: body("00000000000000003\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "a size that ends in a bare LF is refused (7.1)", in: body("3\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "an extension that ends in a bare LF is refused (7.1.1)", in: body("3;a\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "a bare CR in an extension is refused (7.1.1)", in: body("3;a\rb\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "an extension of more than 4 KiB is refused (7.1.1)", in: body("3;" + strings.Repeat("a", 4<<10) + "\r\nabc\r\n0\r\n\r\n"), status: 400},
		{name: "data longer than its size is refused (7.1)", in: body("3\r\nabcd\r\n0\r\n\r\n"), status: 400},
		{name: "data that ends in a bare LF is refused (7.1)", in: body("3\r\nabc\n0\r\n\r\n"), status: 400},
		{name: "data that ends in CR alone is refused (7.1)", in: body("3\r\nabc\r0\r\n\r\n"), status: 400},
		{name: "a last chunk that ends in a bare LF is refused (7.1)", in: body("0\r\n\n"), status: 400},
	}
}

func requestTrailers() []vector {
	body := func(trailers string) string {
		return post + host + "Trailer: A\r\n" + chunked + "\r\n3\r\nabc\r\n0\r\n" + trailers
	}
	return []vector{
		{name: "trailers and their announcement go on (7.1.2)", in: body("A: 1\r\nb:\r\n\r\n" + next), rest: next},
		{name: "a trailer that ends in a bare LF is refused (7.1.2)", in: body("A: 1\n\r\n"), status: 400},
		{name: "trailers that end in a bare LF are refused (7.1.2)", in: body("A: 1\r\n\n"), status: 400},
		{name: "a folded trailer is refused (5.2)", in: body("A: 1\r\n 2\r\n\r\n"), status: 400},
		{name: "a trailer without a colon is refused (5)", in: body("A\r\n\r\n"), status: 400},
		{name: "a trailer without a name is refused (5.1)", in: body(": 1\r\n\r\n"), status: 400},
		{name: "white space before the colon of a trailer is refused (5.1)", in: body("A : 1\r\n\r\n"), status: 400},
		{name: "a NUL in a trailer is refused (RFC 9110, 5.5)", in: body("A: \x00\r\n\r\n"), status: 400},
		{name: "Content-Length as a trailer is refused (RFC 9110, 6.5.1)", in: body("content-LENGTH: 3\r\n\r\n"), status: 400},
		{name: "Transfer-Encoding as a trailer is refused (RFC 9110, 6.5.1)", in: body("A: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), status: 400},
		{name: "Host as a trailer is refused (RFC 9110, 6.5.1)", in: body("Host: y\r\n\r\n"), status: 400},
		{name: "Trailer as a trailer is refused (RFC 9110, 6.5.1)", in: body("Trailer: B\r\n\r\n"), status: 400},
		{name: "Connection as a trailer is refused (RFC 9110, 7.6.1)", in: body("Connection: close\r\n\r\n"), status: 400},
		{name: "a trailer with a longer name goes on (RFC 9110, 6.5)", in: body("Content-Length-Of-Something-Else: 3\r\n\r\n")},
		{name: "Content-Length announced as a trailer is refused (RFC 9110, 6.5.1)", in: post + host + "Trailer: A, Content-Length\r\n" + chunked + "\r\n0\r\n\r\n", status: 400},
		{name: "trailers of more than 16 KiB are refused with 431 (RFC 6585, 5)", in: body(strings.Repeat("A: 1\r\n", 3000) + "\r\n"), status: 431},
	}
}

func requestUpgrades() []vector {
	bare := get + host + "\r\n"
	asks := func(fields string) string { return get + host + fields + "\r\n" }
	return []vector{
		{name: "an upgrade is noted, and ends here unless it is passed (RFC 9110, 7.8)", in: asks("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"), out: bare, up: "websocket"},
		{name: "Upgrade without Connection: upgrade asks for nothing (RFC 9110, 7.8)", in: asks("Upgrade: websocket\r\n"), out: bare},
		{name: "HTTP/1.0 cannot upgrade (RFC 9110, 7.8)", in: "GET / HTTP/1.0\r\n" + host + "Connection: upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\n", out: bare},
		{name: "Upgrade: h2c is dropped (RFC 9113, 3.1)", in: asks("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"), out: bare},
		{name: "h2c in a list is dropped (RFC 9113, 3.1)", in: asks("Connection: upgrade\r\nUpgrade: websocket, H2C\r\n"), out: bare},
		{name: "an upgrade to another HTTP is dropped (RFC 9110, 7.8)", in: asks("Connection: upgrade\r\nUpgrade: HTTP/2.0\r\n"), out: bare},
		{name: "an upgrade to TLS is dropped (RFC 2817, 3)", in: asks("Connection: upgrade\r\nUpgrade: TLS/1.3\r\n"), out: bare},
		{name: "two Upgrades ask for nothing", in: asks("Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n"), out: bare},
	}
}
