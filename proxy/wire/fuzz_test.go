package wire_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/poise-dev/poise/proxy/wire"
)

// The oracle: who reads what we were sent and who reads what we send on must
// understand the same message, and find the same bytes behind it. net/http is
// the reader, before us and behind us.

// Inputs longer than longInput are left out: they slow the fuzzer down, and
// net/http gives up on 16 KiB of chunks without data where we do not. Seeds are
// shorter still.
const (
	longInput = 8 << 10
	longSeed  = 2 << 10
)

func FuzzRequest(f *testing.F) {
	for _, v := range requests() {
		if len(v.in) < longSeed {
			f.Add([]byte(v.in))
		}
	}
	f.Add([]byte(typical))
	f.Fuzz(sameRequest)
}

func FuzzResponse(f *testing.F) {
	for _, v := range responses() {
		if len(v.in) < longSeed {
			f.Add([]byte(v.in), uint8(0))
			f.Add([]byte(v.in), uint8(1))
		}
	}
	f.Add([]byte(typicalAnswer), uint8(0))
	f.Fuzz(func(t *testing.T, in []byte, which uint8) {
		sameResponse(t, in, [...]string{"GET", "HEAD", "POST"}[which%3])
	})
}

// FuzzPieces puts messages together out of pieces that matter, which chance
// finds more slowly: a byte of the recipe is one piece.
func FuzzPieces(f *testing.F) {
	pieces := strings.Split("GET / HTTP/1.1|POST /p?q HTTP/1.1|OPTIONS * HTTP/1.1|GET http://a.b/ HTTP/1.1|GET / HTTP/1.0|"+
		"HTTP/1.1 200 OK|HTTP/1.0 200 OK|HTTP/1.1 204 No|HTTP/1.1 304|HTTP/1.1 100 |HTTP/1.1 101 Go|"+
		"Host: x|host:\ty|Host: |Content-Length: 3|Content-Length: 03 |content-length:0|CONTENT-LENGTH:\t10|"+
		"Transfer-Encoding: chunked|transfer-encoding:\tCHUNKED |Transfer-Encoding: gzip, chunked|"+
		"Connection: close|Connection: upgrade, x-a|connection: keep-alive, , te|Connection: host, content-length,transfer-encoding|"+
		"Upgrade: websocket|Upgrade: h2c|TE: trailers, gzip|Trailer: X-A|Trailer: Host|X-A: 1|X-a:\x80|Keep-Alive: 5|Pragma: no-cache|"+
		"Max-Forwards: 9|Expect: 100-continue| folded|A : 1|\n|\r||0|3|3;x=y|a|0003  |3 ;x|abc|0123456789|", "|")
	for i := range pieces {
		f.Add([]byte{byte(i), 11, 18, 30, 40, 42, 46, 41, 30, 40}, false)
		f.Add([]byte{5, byte(i), 14, 40, 46, 5, 40}, true)
	}
	f.Fuzz(func(t *testing.T, recipe []byte, answer bool) {
		var in []byte
		for _, b := range recipe {
			in = append(append(in, pieces[int(b)%len(pieces)]...), "\r\n"...)
		}
		if answer {
			sameResponse(t, in, "GET")
		} else {
			sameRequest(t, in)
		}
	})
}

func sameRequest(t *testing.T, in []byte) {
	t.Helper()
	forward := &wire.Forward{Upgrade: true}
	m := request(in, forward)
	if m.out == nil || len(in) > longInput || noTarget(&m.head) {
		return // refused, or net/http has no opinion
	}
	in = in[wire.Blank(in):]
	if m.err != nil || !m.whole {
		if cut := readRequest(m.out); cut.err == nil {
			t.Fatalf("%q is not whole (%v), but as it is forwarded it is: %q", in, m.err, m.out)
		}
		return
	}
	before, after := readRequest(in), readRequest(append(m.out, m.rest...))
	if before.sameTwice() && after.err == nil {
		return
	}
	if before.err != nil || after.err != nil {
		t.Fatalf("%q is forwarded as %q; before, net/http says %v, and after, %v", in, m.out, before.err, after.err)
	}
	before.arriveAt(&m.head)
	if path, _, _ := m.head.Path(); string(path) == "*" {
		before.target = "*" // which may have come as http://host
	}
	if !before.same(after) {
		t.Errorf("%q is\n%+v; forwarded as %q it is\n%+v", in, before, m.out, after)
	}
	if after.method != string(m.head.Method) || after.body != m.data() || after.rest != string(m.rest) {
		t.Errorf("%q: we read %s, %q, and leave %q; net/http reads %+v", in, m.head.Method, m.data(), m.rest, after)
	}
	settled(t, in, &m, request(m.out, forward))
}

func sameResponse(t *testing.T, in []byte, method string) {
	t.Helper()
	forward := &wire.Forward{Upgrade: true}
	m := response(in, method, forward)
	if m.out == nil || len(in) > longInput {
		return // refused
	}
	if m.err != nil || !m.whole {
		if cut := readResponse(m.out, method); cut.err == nil {
			t.Fatalf("%q is not whole (%v), but as it is forwarded it is: %q", in, m.err, m.out)
		}
		return
	}
	before, after := readResponse(in, method), readResponse(append(m.out, m.rest...), method)
	if before.sameTwice() && after.err == nil {
		return
	}
	if before.err != nil || after.err != nil {
		t.Fatalf("%q is forwarded as %q; before, net/http says %v, and after, %v", in, m.out, before.err, after.err)
	}
	before.arriveAt(&m.head)
	if m.head.Status < 200 || m.head.Status == 204 {
		delete(before.header, "Content-Length")
		delete(before.header, "Trailer")
	}
	if !before.same(after) {
		t.Errorf("%q is\n%+v; forwarded as %q it is\n%+v", in, before, m.out, after)
	}
	if after.body != m.data() || after.rest != string(m.rest) {
		t.Errorf("%q: we read %q and leave %q; net/http reads %+v", in, m.data(), m.rest, after)
	}
	settled(t, in, &m, response(m.out, method, forward))
}

// settled checks that a message that was forwarded once is forwarded as it is:
// there is nothing left to change. A message with nothing to change is not.
func settled(t *testing.T, in []byte, m *message, again message) {
	t.Helper()
	counts := m.head.Value(wire.MaxForwards) != nil // each time
	if !counts && (again.err != nil || !bytes.Equal(again.out, m.out)) {
		t.Errorf("%q is forwarded as %q, and that as %q, %v", in, m.out, again.out, again.err)
	}
	switch unchanged := m.head.Unchanged(&wire.Forward{}); {
	case unchanged && !bytes.HasPrefix(in, m.out):
		t.Errorf("%q is said to be unchanged, but forwarded as %q", in, m.out)
	case !unchanged && nothingEnds(&m.head):
		t.Errorf("%q is forwarded as %q, though nothing in it ends here", in, m.out)
	}
}

// nothingEnds says of many heads that nothing in them may change on the way.
func nothingEnds(h *wire.Head) bool {
	lengths := 0
	for _, f := range h.Fields {
		switch f.Known {
		case wire.Other, wire.ContentType:
			continue
		case wire.Host, wire.TransferEncoding:
		case wire.ContentLength:
			lengths++
		default:
			return false
		}
		if line := string(f.Line); line != fmt.Sprintf("%s: %s\r\n", f.Name, f.Value) && line != fmt.Sprintf("%s:%s\r\n", f.Name, f.Value) {
			return false
		}
	}
	origin := h.Status >= 200 && h.Status != 204 || bytes.HasPrefix(h.Target, []byte("/"))
	return lengths < 2 && origin && bytes.Contains(h.Start, []byte("HTTP/1.1"))
}

// noTarget says whether net/url cannot read the target.
func noTarget(h *wire.Head) bool {
	target := string(h.Target)
	if string(h.Method) == "CONNECT" {
		target = "http://" + target
	}
	_, err := url.ParseRequestURI(target)
	return err != nil
}

// reading is a message as net/http understands it.
type reading struct {
	method, target, host, start string
	header, trailer             http.Header
	body, rest                  string
	err                         error
}

func readRequest(in []byte) (r reading) {
	b := bufio.NewReaderSize(bytes.NewReader(in), 64<<10)
	q, err := http.ReadRequest(b)
	if err != nil {
		return reading{err: err}
	}
	r = reading{method: q.Method, target: q.URL.RequestURI(), host: q.Host, header: q.Header}
	r.finish(b, q.Body, q.ContentLength, &q.Trailer)
	return r
}

func readResponse(in []byte, method string) (r reading) {
	b := bufio.NewReaderSize(bytes.NewReader(in), 64<<10)
	p, err := http.ReadResponse(b, &http.Request{Method: method})
	if err != nil {
		return reading{err: err}
	}
	defer p.Body.Close()
	r = reading{start: p.Status, header: p.Header}
	r.finish(b, p.Body, -1, &p.Trailer)
	return r
}

// sameTwice says whether net/http gave up on one length written in two ways, 3
// and 03, of which we make one. Two that differ are refused.
func (r *reading) sameTwice() bool {
	return r.err != nil && strings.Contains(r.err.Error(), "multiple Content-Length")
}

// finish reads the body and what is behind it.
func (r *reading) finish(b *bufio.Reader, body io.Reader, length int64, trailer *http.Header) {
	data, err := io.ReadAll(body)
	if err == nil && length > int64(len(data)) {
		err = fmt.Errorf("%d bytes of %d", len(data), length)
	}
	rest, _ := io.ReadAll(b)
	r.body, r.rest, r.err, r.trailer = string(data), string(rest), err, *trailer
}

// arriveAt takes away what ends at this hop, and nothing else.
func (r *reading) arriveAt(h *wire.Head) {
	var named []string // not from r.header: net/http takes Connection away when it says close
	for _, f := range h.Fields {
		if f.Known == wire.Connection {
			named = append(named, string(f.Value))
		}
	}
	trailers := h.Status == 0 && h.Has(wire.TE, "trailers")
	for _, name := range []string{
		"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Upgrade",
		"Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
	} {
		delete(r.header, name)
	}
	for name := range strings.SplitSeq(strings.Join(named, ","), ",") {
		name = http.CanonicalHeaderKey(strings.Trim(name, " \t"))
		if name != "Content-Length" && name != "Host" {
			delete(r.header, name)
		}
		if name == "Trailer" {
			r.trailer = nil
		}
	}
	if h.Upgrade != nil {
		r.header.Set("Connection", "Upgrade")
		r.header.Set("Upgrade", string(h.Upgrade))
	}
	if trailers {
		r.header.Set("Te", "trailers")
	}
	if h.Status == 0 && h.Minor == 0 {
		delete(r.header, "Expect")
	}
}

// same says whether two readings are of the same message.
func (r *reading) same(o reading) bool {
	plain(r.header)
	plain(o.header)
	return r.method == o.method && r.target == o.target && r.host == o.host && r.start == o.start &&
		r.body == o.body && r.rest == o.rest && equal(r.header, o.header)
}

// plain undoes what net/http makes of a header by itself, and what we count.
func plain(h http.Header) {
	delete(h, "Cache-Control") // which Pragma may have added
	delete(h, "Max-Forwards")
	if v := h["Content-Length"]; len(v) == 1 {
		h["Content-Length"] = []string{strings.TrimLeft(v[0], "0")}
	}
}

func equal(a, b http.Header) bool {
	return maps.EqualFunc(a, b, func(v, w []string) bool { return slices.Equal(v, w) })
}
