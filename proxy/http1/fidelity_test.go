package http1_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/proxy/fault"
)

// script is an upstream that reads one request and answers with fixed bytes.
type script struct {
	// until is what the request must end with before it is answered.
	until  string
	answer string
	// close ends the connection after the answer.
	close bool
}

// play starts an upstream that follows the scripts, one for each request in
// order over all connections, and returns what it was sent.
func play(t *testing.T, scripts ...script) (address string, received func() []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got := make(chan string, len(scripts)+1)
	next := make(chan script, len(scripts))
	for _, s := range scripts {
		next <- s
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for {
					var request strings.Builder
					s, ok := script{}, false
					for !ok || !strings.HasSuffix(request.String(), s.until) {
						b, err := r.ReadByte()
						if err != nil {
							if request.Len() > 0 {
								got <- request.String() + "<cut>"
							}
							return
						}
						request.WriteByte(b)
						if !ok {
							s, ok = <-next, true
							if s.until == "" {
								s.until = "\r\n\r\n"
							}
						}
					}
					got <- request.String()
					io.WriteString(c, s.answer)
					if s.close {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String(), func() (all []string) {
		for len(got) > 0 {
			all = append(all, <-got)
		}
		return all
	}
}

// talk sends bytes and returns all that comes back until the connection ends or
// says nothing for a while.
func talk(t *testing.T, address, bytes string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, bytes)
	c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	all, _ := io.ReadAll(c)
	return string(all)
}

const ok200 = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

func TestBytesPassAsTheyCame(t *testing.T) {
	for name, tc := range map[string]struct {
		request string
		script  script
		sent    string // to the upstream; empty: the request
		answer  string // to the client; empty: the script's
	}{
		"order, case, duplicates and odd spacing of fields": {
			request: "GET /a//b/../c?q=%zz;y&z HTTP/1.1\r\nhOsT: x\r\nb: 2\r\nA:  1 \r\nB: 3\r\nEmpty:\r\n\r\n",
			script:  script{answer: "HTTP/1.1 299 Very fine indeed\r\nset-cookie: a\r\nSet-Cookie: b\r\ncontent-length: 0\r\n\r\n"},
		},
		"unknown and lower-case methods": {
			request: "frobnicate / HTTP/1.1\r\nHost: x\r\n\r\n", script: script{answer: ok200},
		},
		"a reason phrase that is empty, and none at all": {
			request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", script: script{answer: "HTTP/1.1 204 \r\n\r\n"},
		},
		"chunks with extensions and trailers, both ways": {
			request: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3;a=b\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
			script: script{
				until:  "X-T: 1\r\n\r\n",
				answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Y\r\n\r\n2\r\nhi\r\n0\r\ny: z\r\n\r\n",
			},
		},
		"informational answers before the final one": {
			request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
			script:  script{answer: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok200},
		},
		"an answer to HEAD keeps its length and has no body": {
			request: "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
			script:  script{answer: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"},
		},
		"a 304 keeps its length and has no body": {
			request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
			script:  script{answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n"},
		},
		"a body without length lasts until the end, and says so": {
			request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
			script:  script{answer: "HTTP/1.1 200 OK\r\n\r\nall of it", close: true},
			answer:  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it",
		},
		"what ends at this hop is left out, what Connection names too": {
			request: "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, X-Hop, host\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers, gzip\r\nProxy-Connection: a\r\nX: 1\r\n\r\n",
			script:  script{answer: "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nhi"},
			sent:    "GET / HTTP/1.1\r\nHost: x\r\nX: 1\r\nTE: trailers\r\n\r\n",
			answer:  ok200,
		},
		"Upgrade: h2c is dropped": {
			request: "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n",
			script:  script{answer: ok200},
			sent:    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		},
		"HTTP/1.0 gets no chunks, no 1xx, and the end of the connection": {
			request: "GET / HTTP/1.0\r\nHost: x\r\n\r\n",
			script:  script{answer: "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"},
			sent:    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
			answer:  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcde",
		},
		"an empty line before the request is forgiven": {
			request: "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", script: script{answer: ok200},
			sent: "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		},
		"an answer that comes before the end of the body is passed on": {
			request: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc",
			script:  script{until: "abc", answer: "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			upstream, received := play(t, tc.script)
			address := serveUnforwarded(t, fault.New(fault.Options{}), upstream)
			want := tc.answer
			if want == "" {
				want = tc.script.answer
			}
			if got := talk(t, address, tc.request); got != want {
				t.Errorf("the client was sent\n%q, want\n%q", got, want)
			}
			want = tc.sent
			if want == "" {
				want = tc.request
			}
			if got := strings.Join(received(), "|"); got != want {
				t.Errorf("the upstream was sent\n%q, want\n%q", got, want)
			}
		})
	}
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	upstream, received := play(t, script{answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"},
		script{until: "body", answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"}, script{answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3"})
	address := serveUnforwarded(t, fault.New(fault.Options{}), upstream)
	got := talk(t, address, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbodyGET /3 HTTP/1.1\r\nHost: x\r\n\r\n")
	if want := "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"; got != want+"1"+want+"2"+want+"3" {
		t.Errorf("answers %q", got)
	}
	if n := len(received()); n != 3 {
		t.Errorf("%d requests arrived, want 3", n)
	}
}

func TestADoubtfulRequestIsRefusedAndNothingBehindItIsServed(t *testing.T) {
	for name, tc := range map[string]struct {
		request string
		status  int
	}{
		"a length and chunks":          {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		"two lengths":                  {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
		"white space before the colon": {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
		"an unknown coding":            {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
		"a bare LF":                    {"GET / HTTP/1.1\nHost: x\r\n\r\n", 400},
		"a folded line":                {"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\n 2\r\n\r\n", 400},
		"no Host":                      {"GET / HTTP/1.1\r\n\r\n", 400},
		"two Hosts":                    {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
		"a fragment":                   {"GET /#a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		"HTTP/2 without being asked":   {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		"CONNECT":                      {"CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n", 405},
		"a head that is too large":     {"GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: "+strings.Repeat("x", 1000)+"\r\n", 70) + "\r\n", 431},
		"a chunk that is none":         {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
		"a bare LF in the trailers":    {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\n", 400},
	} {
		t.Run(name, func(t *testing.T) {
			upstream, received := play(t, script{answer: ok200}, script{answer: ok200})
			address := serveUnforwarded(t, fault.New(fault.Options{}), upstream)
			got := talk(t, address, tc.request+"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
			if !strings.HasPrefix(got, fmt.Sprintf("HTTP/1.1 %d ", tc.status)) || strings.Count(got, "HTTP/1.1") != 1 || !strings.Contains(got, "Connection: close") {
				t.Errorf("answer %q, want one %d and the end", got, tc.status)
			}
			for _, r := range received() {
				if strings.Contains(r, "smuggled") {
					t.Errorf("the upstream was sent %q", r)
				}
			}
		})
	}
}

func TestABadAnswerIsA502(t *testing.T) {
	for name, answer := range map[string]string{
		"no HTTP":             "hello\r\n\r\n",
		"two lengths":         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"a length and chunks": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"nothing":             "",
	} {
		t.Run(name, func(t *testing.T) {
			upstream, _ := play(t, script{answer: answer, close: true})
			got := talk(t, serveUnforwarded(t, fault.New(fault.Options{}), upstream), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			if !strings.HasPrefix(got, "HTTP/1.1 502 ") {
				t.Errorf("answer %q, want 502", got)
			}
		})
	}
}

func TestACutAnswerStaysCut(t *testing.T) {
	for name, answer := range map[string]string{
		"a length": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
		"chunks":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
	} {
		t.Run(name, func(t *testing.T) {
			upstream, _ := play(t, script{answer: answer, close: true})
			if got := talk(t, serveUnforwarded(t, fault.New(fault.Options{}), upstream), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); got != answer {
				t.Errorf("answer %q, want %q and the end", got, answer)
			}
		})
	}
}

func TestExpectIsPassedOnAndAnswered(t *testing.T) {
	upstream, received := play(t,
		script{until: "\r\n\r\n", answer: "HTTP/1.1 100 Continue\r\n\r\n"}, script{until: "body", answer: ok200})
	address := serveUnforwarded(t, fault.New(fault.Options{}), upstream)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	r := bufio.NewReader(c)
	if line, err := r.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q %v, want to be asked for the body", line, err)
	}
	io.WriteString(c, "body")
	r.ReadString('\n')
	if line, err := r.ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
		t.Errorf("%q %v, want the answer; upstream got %q", line, err, received())
	}
}

func TestAnUpgradePassesEarlyBytesAndHalfClose(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		for {
			if line, err := r.ReadString('\n'); err != nil || line == "\r\n" {
				break
			}
		}
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly ")
		all, _ := io.ReadAll(r) // until the client has said all
		io.WriteString(c, "heard "+string(all))
	}()
	c, err := net.Dial("tcp", serveUnforwarded(t, fault.New(fault.Options{}), l.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nbehind the head")
	c.(*net.TCPConn).CloseWrite()
	all, err := io.ReadAll(c)
	want := "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly heard behind the head"
	if err != nil || string(all) != want {
		t.Errorf("%q %v, want %q", all, err, want)
	}
}

func TestAClientThatHasSaidAllIsStillAnswered(t *testing.T) {
	upstream, _ := play(t, script{answer: ok200})
	c, err := net.Dial("tcp", serveUnforwarded(t, fault.New(fault.Options{}), upstream))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	c.(*net.TCPConn).CloseWrite()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	if all, err := io.ReadAll(c); err != nil || string(all) != ok200 {
		t.Errorf("%q %v, want the answer", all, err)
	}
}

func TestALongBodyArrivesWhole(t *testing.T) {
	for _, size := range []int{127 << 10, 128 << 10, 300 << 10, 9 << 20} {
		body := strings.Repeat("0123456789abcdef", size/16)
		upstream, _ := play(t, script{answer: fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)})
		c, err := net.Dial("tcp", serveUnforwarded(t, fault.New(fault.Options{}), upstream))
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		c.SetDeadline(time.Now().Add(10 * time.Second))
		all, err := io.ReadAll(c)
		c.Close()
		if err != nil || !strings.HasSuffix(string(all), body) {
			t.Errorf("%d bytes: %d came, %v", size, len(all), err)
		}
	}
}
