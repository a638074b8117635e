package wire_test

import (
	"testing"

	"github.com/poise-dev/poise/proxy/wire"
)

func TestARequestIsForwardedAsTold(t *testing.T) {
	isA := func(name []byte) bool { return string(name) == "A" }
	for _, tc := range []struct {
		name, in, out string
		f             wire.Forward
	}{
		{"lines are put behind the fields", get + host + "A: 1\r\n\r\n", get + host + "A: 1\r\nVia: 1.1 x\r\n\r\n", wire.Forward{Add: []byte("Via: 1.1 x\r\n")}},
		{"dropped fields are left out", get + "A: 1\r\n" + host + "A: 2\r\na: 3\r\n\r\n", get + host + "a: 3\r\n\r\n", wire.Forward{Drop: isA}},
		{
			"a length may be dropped, to give another", post + host + "Content-Length: 3\r\n\r\n", post + host + "Content-Length: 4\r\n\r\n",
			wire.Forward{Drop: func(name []byte) bool { return string(name) == "Content-Length" }, Add: []byte("Content-Length: 4\r\n")},
		},
		{"a host is given to HTTP/1.0 that has none", "GET / HTTP/1.0\r\nA: 1\r\n\r\n", get + host + "A: 1\r\n\r\n", wire.Forward{Host: []byte("x")}},
		{"a host is not given to a request that has one", get + "Host: y\r\n\r\n", get + "Host: y\r\n\r\n", wire.Forward{Host: []byte("x")}},
		{
			"an upgrade is passed", get + "Upgrade: websocket\r\nConnection: keep-alive, Upgrade, X-A\r\nX-A: 1\r\n" + host + "\r\n",
			get + host + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
			wire.Forward{Upgrade: true},
		},
		{"an upgrade to h2c is not passed", get + host + "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n", get + host + "\r\n", wire.Forward{Upgrade: true}},
		{"an upgrade nobody asked for is not passed", get + host + "Upgrade: websocket\r\n\r\n", get + host + "\r\n", wire.Forward{Upgrade: true}},
		{"the end of the connection is told", get + host + "Connection: keep-alive\r\n\r\n", get + host + "Connection: close\r\n\r\n", wire.Forward{Close: true}},
		{
			"all that is said to the next hop stands in one Connection", get + host + "Connection: upgrade\r\nUpgrade: a\r\nTE: trailers\r\n\r\n",
			get + host + "Connection: Upgrade, close\r\nUpgrade: a\r\nTE: trailers\r\nVia: 1.1 x\r\n\r\n",
			wire.Forward{Upgrade: true, Close: true, Add: []byte("Via: 1.1 x\r\n")},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := request([]byte(tc.in), &tc.f)
			if m.err != nil || string(m.out) != tc.out {
				t.Errorf("error %v, forwarded as\n%q, want\n%q", m.err, m.out, tc.out)
			}
		})
	}
}

func TestAnAnswerIsForwardedAsTold(t *testing.T) {
	for _, tc := range []struct {
		name, in, out string
		f             wire.Forward
	}{
		{"chunks are announced no more when they are taken off, nor are trailers", ok + chunked + "A: 1\r\nTrailer: B\r\n\r\n", ok + "A: 1\r\n\r\n", wire.Forward{Plain: true}},
		{"the end of the connection is told", ok + "Connection: keep-alive\r\n" + length + "\r\n", ok + length + "Connection: close\r\n\r\n", wire.Forward{Close: true}},
		{
			"a switch of protocols is passed", "HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: websocket\r\nA: 1\r\n\r\n",
			"HTTP/1.1 101 Go\r\nA: 1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
			wire.Forward{Upgrade: true},
		},
		{"lines are put behind the fields", ok + length + "\r\n", ok + length + "X-Poise-Fault: a\r\n\r\n", wire.Forward{Add: []byte("X-Poise-Fault: a\r\n")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := response([]byte(tc.in), "GET", &tc.f)
			if m.err != nil || string(m.out) != tc.out {
				t.Errorf("error %v, forwarded as\n%q, want\n%q", m.err, m.out, tc.out)
			}
		})
	}
}

func TestAHeadIsUnchangedOnlyWhereNothingIsSaid(t *testing.T) {
	var h wire.Head
	if err := wire.ReadRequest([]byte(post+host+chunked+"\r\n"), &h); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		f    wire.Forward
		want bool
	}{
		"nothing":                    {wire.Forward{}, true},
		"a host for who has none":    {wire.Forward{Host: []byte("y")}, true},
		"an upgrade for who asks":    {wire.Forward{Upgrade: true}, true},
		"a line more":                {wire.Forward{Add: []byte("A: 1\r\n")}, false},
		"a field less, maybe":        {wire.Forward{Drop: func([]byte) bool { return false }}, false},
		"without chunks":             {wire.Forward{Plain: true}, false},
		"the end of the connection":  {wire.Forward{Close: true}, false},
		"all of that, and the chunk": {wire.Forward{Add: []byte("A: 1\r\n"), Plain: true, Close: true}, false},
	} {
		if got := h.Unchanged(&tc.f); got != tc.want {
			t.Errorf("%s: unchanged %t, want %t", name, got, tc.want)
		}
	}
}

func TestAHeadIsUsedAgainWithoutATrace(t *testing.T) {
	var h wire.Head
	first := "OPTIONS http://a.b/ HTTP/1.0\r\nConnection: close, x, upgrade\r\nUpgrade: a\r\nTE: trailers\r\nX: 1\r\nMax-Forwards: 3\r\n" + host + length + "\r\n"
	if err := wire.ReadRequest([]byte(first), &h); err != nil {
		t.Fatal(err)
	}
	if err := wire.ReadRequest([]byte(get+host+"\r\n"), &h); err != nil {
		t.Fatal(err)
	}
	if out := h.AppendRequest(nil, &wire.Forward{Upgrade: true}); string(out) != get+host+"\r\n" {
		t.Errorf("forwarded as %q", out)
	}
	if h.Close || h.Body.Length != 0 || h.Minor != 1 || !h.Unchanged(&wire.Forward{}) {
		t.Errorf("something of the first head is left: %+v", h)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	in, answer, method := []byte(typical), []byte(typicalAnswer), []byte("GET")
	path := []byte("/a%20b")
	body := []byte("5;a=b\r\nhello\r\n0\r\nA: 1\r\n\r\n")
	f := wire.Forward{Add: []byte("Via: 1.1 x\r\n"), Drop: func(name []byte) bool { return len(name) == 1 }}
	var h, a wire.Head
	var out, data []byte
	run := func() {
		if wire.End(in, 0) < 0 || wire.ReadRequest(in, &h) != nil || wire.ReadResponse(answer, method, &a) != nil {
			t.Error("not read")
		}
		h.Unchanged(&f)
		h.Path()
		out = h.AppendRequest(out[:0], &f)
		out = a.AppendResponse(out[:0], &f)
		var c wire.Chunks
		data = data[:0]
		if _, err := c.Walk(body, func(b []byte) { data = append(data, b...) }); err != nil {
			t.Error(err)
		}
		data, _ = wire.DecodePath(data, path)
	}
	run()
	if n := testing.AllocsPerRun(100, run); n > 0 {
		t.Errorf("%g allocations for a request, want none", n)
	}
}
