package wire_test

import (
	"strings"
	"testing"

	"github.com/poise-dev/poise/proxy/wire"
)

func TestResponses(t *testing.T) {
	for _, v := range responses() {
		t.Run(v.name, func(t *testing.T) {
			m := response([]byte(v.in), v.answers(), &wire.Forward{})
			v.check(t, &m)
			if v.status == 0 && v.out == "" && !m.head.Unchanged(&wire.Forward{}) {
				t.Error("Unchanged says that it changed")
			}
		})
	}
}

// answers returns the method of the request.
func (v *vector) answers() string {
	if v.method == "" {
		return "GET"
	}
	return v.method
}

const (
	ok     = "HTTP/1.1 200 OK\r\n"
	length = "Content-Length: 3\r\n"
	after  = "HTTP/1.1 204 No Content\r\n\r\n"
)

// responses are the vectors for answers. Numbers are sections of RFC 9112,
// unless another one is named.
func responses() []vector {
	var all []vector
	for _, some := range [][]vector{
		statusLines(), informational(), bodiless(), responseBodies(), responseFields(), responseUpgrades(),
	} {
		all = append(all, some...)
	}
	return all
}

func statusLines() []vector {
	line := func(s string) string { return s + "\r\n" + length + "\r\nabc" }
	return []vector{
		{name: "a plain answer goes on as it came (2.1)", in: line("HTTP/1.1 200 OK") + after, rest: after},
		{name: "a reason phrase stays (4)", in: line("HTTP/1.1 299 Quite fine, indeed")},
		{name: "a reason phrase may be empty (4)", in: line("HTTP/1.1 200 ")},
		{name: "a reason phrase may be missing with its space (4)", in: line("HTTP/1.1 200")},
		{name: "bytes beyond ASCII in a reason stay (4)", in: line("HTTP/1.1 404 non trouv\xe9\t!")},
		{name: "a control character in a reason is refused (4)", in: line("HTTP/1.1 200 O\x00K"), status: 502},
		{name: "a bare CR in a reason is refused (2.2)", in: line("HTTP/1.1 200 O\rK"), status: 502},
		{name: "a status line that ends in a bare LF is refused (2.2)", in: "HTTP/1.1 200 OK\n" + length + "\r\nabc", status: 502},
		{name: "a status of two digits is refused (4)", in: line("HTTP/1.1 20 OK"), status: 502},
		{name: "a status of four digits is refused (4)", in: line("HTTP/1.1 2000 OK"), status: 502},
		{name: "a status below 100 is refused (RFC 9110, 15)", in: line("HTTP/1.1 099 No"), status: 502},
		{name: "a status above 599 is refused (RFC 9110, 15)", in: line("HTTP/1.1 600 No"), status: 502},
		{name: "a status that is no number is refused (4)", in: line("HTTP/1.1 2x0 OK"), status: 502},
		{name: "two spaces before the status are refused (4)", in: line("HTTP/1.1  200 OK"), status: 502},
		{name: "a status line without a version is refused (4)", in: line("ICY 200 OK"), status: 502},
		{name: "a version in lower case is refused (2.3)", in: line("http/1.1 200 OK"), status: 502},
		{name: "HTTP/2 in a status line is refused (2.3)", in: line("HTTP/2.0 200 OK"), status: 502},
		{name: "HTTP/1.0 is forwarded as 1.1, and ends its connection (9.3)", in: line("HTTP/1.0 200 OK"), out: line("HTTP/1.1 200 OK"), close: true},
		{name: "HTTP/1.0 may keep its connection (9.3)", in: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length + "\r\nabc" + after, out: line("HTTP/1.1 200 OK"), rest: after},
		{name: "a version above 1.1 is forwarded as 1.1 (RFC 9110, 2.5)", in: line("HTTP/1.9 200 OK"), out: line("HTTP/1.1 200 OK")},
	}
}

func informational() []vector {
	return []vector{
		{name: "100 has no body and something behind it (RFC 9110, 15.2.1)", in: "HTTP/1.1 100 Continue\r\n\r\n" + after, rest: after},
		{name: "103 goes on with its fields (RFC 8297, 2)", in: "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + after, rest: after},
		{name: "what ends at this hop ends in 103 too (RFC 9110, 7.6.1)", in: "HTTP/1.1 103 Early Hints\r\nConnection: x-a\r\nX-A: 1\r\nKeep-Alive: 1\r\nX-B: 2\r\n\r\n" + after, out: "HTTP/1.1 103 Early Hints\r\nX-B: 2\r\n\r\n", rest: after},
		{name: "a length of nothing in 100 is left out (RFC 9110, 8.6)", in: "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n" + after, out: "HTTP/1.1 100 Continue\r\n\r\n", rest: after},
		{name: "100 with a length is refused (RFC 9110, 8.6)", in: "HTTP/1.1 100 Continue\r\n" + length + "\r\nabc", status: 502},
		{name: "103 in chunks is refused (6.1)", in: "HTTP/1.1 103 Early Hints\r\n" + chunked + "\r\n0\r\n\r\n", status: 502},
	}
}

func bodiless() []vector {
	return []vector{
		{name: "an answer to HEAD keeps its length and has no body (RFC 9110, 9.3.2)", method: "HEAD", in: ok + length + "\r\n" + after, rest: after},
		{name: "an answer to HEAD keeps its coding and has no body (6.1)", method: "HEAD", in: ok + chunked + "\r\n" + after, rest: after},
		{name: "an answer to HEAD without a length has no body (6.3)", method: "HEAD", in: ok + "\r\n" + after, rest: after},
		{name: "304 keeps its length and has no body (RFC 9110, 15.4.5)", in: "HTTP/1.1 304 Not Modified\r\n" + length + "\r\n" + after, rest: after},
		{name: "304 without a length has no body (6.3)", in: "HTTP/1.1 304 Not Modified\r\n\r\n" + after, rest: after},
		{name: "204 has no body (RFC 9110, 15.3.5)", in: after + ok, rest: ok},
		{name: "a length in 204 is left out, and nothing behind it is believed (RFC 9110, 8.6)", in: "HTTP/1.1 204 No Content\r\nA: 1\r\n" + length + "\r\nabc", out: "HTTP/1.1 204 No Content\r\nA: 1\r\n\r\n", rest: "abc", close: true},
		{name: "a length of nothing in 204 is left out (RFC 9110, 8.6)", in: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n" + after, out: after, rest: after},
		{name: "a length in 204 is left out of an answer to HEAD too (RFC 9110, 8.6)", method: "HEAD", in: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n" + after, out: after, rest: after},
		{name: "chunks in 204 are left out, and nothing behind them is believed (6.1)", in: "HTTP/1.1 204 No Content\r\n" + chunked + "\r\n0\r\n\r\n", out: after, rest: "0\r\n\r\n", close: true},
		{name: "success of CONNECT has no body, whatever it says (6.3)", method: "CONNECT", in: ok + length + "\r\nabc", out: ok + "\r\n", rest: "abc", close: true},
		{name: "failure of CONNECT has a body (6.3)", method: "CONNECT", in: "HTTP/1.1 403 Forbidden\r\n" + length + "\r\nabc" + after, rest: after},
		{name: "205 is framed as any other (RFC 9110, 15.3.6)", in: "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n" + after, rest: after},
	}
}

func responseBodies() []vector {
	return []vector{
		{name: "a body of nothing is no body (6.2)", in: ok + "Content-Length: 0\r\n\r\n" + after, rest: after},
		{name: "chunks, extensions and trailers go on as they came (7.1)", in: ok + "Trailer: A\r\n" + chunked + "\r\n3;x\r\nabc\r\n0\r\nA: 1\r\n\r\n" + after, rest: after},
		{name: "a body without a length lasts until the end (6.3)", in: ok + "\r\nabc", close: true},
		{name: "a body of HTTP/1.0 lasts until the end, whatever Connection says (6.3)", in: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nabc", out: ok + "\r\nabc", close: true},
		{name: "a length and chunks are refused (6.3)", in: ok + length + chunked + "\r\n0\r\n\r\n", status: 502},
		{name: "two different lengths are refused (6.3)", in: ok + length + "Content-Length: 4\r\n\r\nabcd", status: 502},
		{name: "the same length twice goes on once (6.3)", in: ok + length + length + "\r\nabc", out: ok + length + "\r\nabc"},
		{name: "a length that is no number is refused (6.3)", in: ok + "Content-Length: 3 bytes\r\n\r\nabc", status: 502},
		{name: "a list of lengths is refused (6.3)", in: ok + "Content-Length: 3, 3\r\n\r\nabc", status: 502},
		{name: "a length that is no number is refused in an answer to HEAD too (RFC 9110, 8.6)", method: "HEAD", in: ok + "Content-Length: x\r\n\r\n", status: 502},
		{name: "an unknown coding is refused (6.1)", in: ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", status: 502},
		{name: "chunks are refused in HTTP/1.0 (6.1)", in: "HTTP/1.0 200 OK\r\n" + chunked + "\r\n0\r\n\r\n", status: 502},
	}
}

func responseFields() []vector {
	return []vector{
		{name: "order, case, duplicates and spacing of fields stay (RFC 9110, 5.3)", in: ok + "set-cookie: a=1\r\nSet-Cookie:b=2\r\nSET-COOKIE:   c=3 \r\nX:\r\ncontent-length: 3\r\n\r\nabc"},
		{name: "Connection: close closes, and ends here (9.6)", in: ok + "Connection: close\r\n" + length + "\r\nabc", out: ok + length + "\r\nabc", close: true},
		{name: "what ends at this hop is left out (RFC 9110, 7.6.1)", in: ok + "Keep-Alive: timeout=5\r\nConnection: keep-alive, X-A\r\nX-A: 1\r\n" + length + "\r\nabc", out: ok + length + "\r\nabc"},
		{name: "challenges of a proxy end here (RFC 9110, 11.7.1)", in: "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nProxy-Authentication-Info: a=b\r\n" + length + "\r\nabc", out: "HTTP/1.1 407 No\r\n" + length + "\r\nabc"},
		{name: "TE means nothing in an answer, and ends here (RFC 9110, 10.1.4)", in: ok + "TE: trailers\r\n" + length + "\r\nabc", out: ok + length + "\r\nabc"},
		{name: "Host means nothing in an answer, and goes on", in: ok + "Host: a, b\r\nHost: c\r\n" + length + "\r\nabc"},
		{name: "a folded line is refused (5.2)", in: ok + "A: 1\r\n\t2\r\n" + length + "\r\nabc", status: 502},
		{name: "white space before a colon is refused (5.1)", in: ok + "Content-Length : 3\r\n\r\nabc", status: 502},
		{name: "a bare LF is refused (2.2)", in: ok + "A: 1\nB: 2\r\n" + length + "\r\nabc", status: 502},
		{name: "a control character in a value is refused (RFC 9110, 5.5)", in: ok + "A: \x1b[0m\r\n" + length + "\r\nabc", status: 502},
		{name: "more than 200 fields are refused", in: ok + strings.Repeat("A: 1\r\n", wire.MaxFields+1) + "\r\n", status: 502},
		{name: "a line of more than 16 KiB is refused", in: ok + "A: " + strings.Repeat("a", wire.MaxLine) + "\r\n\r\n", status: 502},
	}
}

func responseUpgrades() []vector {
	switching := "HTTP/1.1 101 Switching Protocols\r\n"
	return []vector{
		{name: "101 tells what to, and what follows is not HTTP (RFC 9110, 15.2.2)", in: switching + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00", out: switching + "\r\n", rest: "\x81\x00", up: "websocket"},
		{name: "a length in 101 is left out (RFC 9110, 8.6)", in: switching + "Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n", out: switching + "\r\n", up: "tcp"},
		{name: "101 without Upgrade is refused (RFC 9110, 15.2.2)", in: switching + "\r\n", status: 502},
		{name: "101 without Connection: upgrade is refused (RFC 9110, 7.8)", in: switching + "Upgrade: websocket\r\n\r\n", status: 502},
		{name: "101 to h2c is refused (RFC 9113, 3.1)", in: switching + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", status: 502},
		{name: "Upgrade in another answer ends here unless it is passed (RFC 9110, 15.5.22)", in: "HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + length + "\r\nabc", out: "HTTP/1.1 426 Upgrade Required\r\n" + length + "\r\nabc", up: "websocket"},
	}
}
