package proxy_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// echoFrames is an upstream that speaks websocket frames and sends every one back,
// unmasked, as a server must.
func echoFrames(t *testing.T, extensions string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r := bufio.NewReader(conn)
				if _, err := http.ReadRequest(r); err != nil {
					return
				}
				fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s\r\n", extensions)
				for {
					f, err := readFrame(r)
					if err != nil {
						return
					}
					conn.Write(f.bytes(nil))
				}
			}()
		}
	}()
	return l.Addr().String()
}

// frame is one frame of a websocket.
type frame struct {
	first   byte // FIN and opcode
	payload string
}

const (
	textFrame   = 0x81
	firstFrame  = 0x01 // of a message in several frames
	middleFrame = 0x00
	lastFrame   = 0x80
	closeFrame  = 0x88
	pingFrame   = 0x89
)

func (f frame) bytes(mask []byte) []byte {
	out := []byte{f.first, 0}
	switch n := len(f.payload); {
	case n < 126:
		out[1] = byte(n)
	case n < 1<<16:
		out[1] = 126
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	default:
		out[1] = 127
		out = binary.BigEndian.AppendUint64(out, uint64(n))
	}
	payload := []byte(f.payload)
	if mask != nil {
		out[1] |= 0x80
		out = append(out, mask...)
		for i := range payload {
			payload[i] ^= mask[i%4]
		}
	}
	return append(out, payload...)
}

// readFrame reads one frame, and takes the mask off.
func readFrame(r io.Reader) (frame, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return frame{}, err
	}
	first, masked, n := head[0], head[1]&0x80 != 0, uint64(head[1]&0x7f)
	switch n {
	case 126:
		if _, err := io.ReadFull(r, head[:2]); err != nil {
			return frame{}, err
		}
		n = uint64(binary.BigEndian.Uint16(head[:]))
	case 127:
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return frame{}, err
		}
		n = binary.BigEndian.Uint64(head[:])
	}
	var mask [4]byte
	if masked {
		if _, err := io.ReadFull(r, mask[:]); err != nil {
			return frame{}, err
		}
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(r, payload); err != nil {
		return frame{}, err
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return frame{first, string(payload)}, nil
}

// websocket is a caller that has upgraded.
type websocket struct {
	net.Conn
	in *bufio.Reader
}

func open(t *testing.T, address string) *websocket {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, "GET /pay HTTP/1.1\r\nHost: shop.local\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, nil)
	if err != nil || answer.StatusCode != 101 {
		t.Fatalf("the upgrade: %v, %v", answer, err)
	}
	answer.Body.Close() // there is none
	return &websocket{conn, in}
}

func (w *websocket) send(frames ...frame) {
	var all []byte
	for _, f := range frames {
		all = append(all, f.bytes([]byte{1, 2, 3, 4})...)
	}
	w.Write(all)
}

// receive reads n frames.
func (w *websocket) receive(t *testing.T, n int) (got []frame) {
	t.Helper()
	for range n {
		f, err := readFrame(w.in)
		if err != nil {
			t.Fatalf("after %v: %v", got, err)
		}
		got = append(got, f)
	}
	return got
}

func TestEveryNthMessageOfAWebSocketIsDroppedWhole(t *testing.T) {
	long := strings.Repeat("long ", 30000)
	sent := []frame{
		{textFrame, "one"},
		{firstFrame, "tw"},
		{pingFrame, "amid"},
		{lastFrame, "o"},    // dropped on its way up, but for the ping
		{textFrame, long},   // dropped on its way down, as the second that arrives
		{textFrame, "four"}, // dropped on its way up
		{firstFrame, "fi"},
		{middleFrame, "v"},
		{lastFrame, "e"},
		{pingFrame, "end"},
	}
	want := []frame{
		{textFrame, "one"},
		{pingFrame, "amid"},
		{firstFrame, "fi"},
		{middleFrame, "v"},
		{lastFrame, "e"},
		{pingFrame, "end"},
	}
	for adapter, start := range adapters() {
		t.Run(adapter, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, all("{websocket: {dropEvery: 2}}")), faulttest.NewPermit("p"), faulttest.Always)
			w := open(t, start(t, e, echoFrames(t, "")))
			w.send(sent...)
			if got := w.receive(t, len(want)); !slices.Equal(got, want) {
				t.Errorf("received %.80v, want %v", got, want)
			}
		})
	}
}

func TestMessagesThatNeedThoseBeforeThemAreNotDropped(t *testing.T) {
	for name, tc := range map[string]struct {
		extensions string
		want       int
	}{
		"compressed with what both remember": {"Sec-WebSocket-Extensions: permessage-deflate\r\n", 2},
		"compressed each by itself":          {"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, all("{websocket: {dropEvery: 1}}")), faulttest.NewPermit("p"), faulttest.Always)
			w := open(t, serve(t, e, "http://"+echoFrames(t, tc.extensions)))
			w.send(frame{textFrame, "one"}, frame{textFrame, "two"}, frame{pingFrame, "end"})
			if got := w.receive(t, tc.want+1); got[tc.want].first != pingFrame {
				t.Errorf("received %v, want %d messages", got, tc.want)
			}
			if c, _ := e.Counts("p"); (c.Suppressed["skipped"] == 1) != (tc.want > 0) {
				t.Errorf("suppressed %v", c.Suppressed)
			}
		})
	}
}

func TestAWebSocketIsClosedWithACodeAfterATime(t *testing.T) {
	for adapter, start := range adapters() {
		t.Run(adapter, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, all("{websocket: {closeCode: 1011, after: 50ms}}")), faulttest.NewPermit("p"), faulttest.Always)
			began := time.Now()
			w := open(t, start(t, e, echoFrames(t, "")))
			w.send(frame{textFrame, "hello"})
			if got := w.receive(t, 2); got[0].payload != "hello" || got[1] != (frame{closeFrame, "\x03\xf3"}) {
				t.Errorf("received %v, want the echo and a close frame with 1011", got)
			}
			if took := time.Since(began); took < 50*time.Millisecond {
				t.Errorf("closed after %s, want 50ms", took)
			}
			answered := time.Now()
			w.send(frame{closeFrame, "\x03\xf3"})
			if rest, err := io.ReadAll(w.in); err != nil || len(rest) > 0 {
				t.Errorf("then %q, %v; want the end of the connection", rest, err)
			}
			if took := time.Since(answered); took > 500*time.Millisecond {
				t.Errorf("the connection ended %s after the close frame was answered", took)
			}
			settled(t, e)
			if c, _ := e.Counts("p"); c.Fault != 1 {
				t.Errorf("counts %+v, want one fault", c)
			}
		})
	}
}

func TestAWebSocketLivesOnWhenItIsReleasedBeforeItIsClosed(t *testing.T) {
	for adapter, start := range adapters() {
		t.Run(adapter, func(t *testing.T) {
			permit := faulttest.NewPermit("p")
			e := faulttest.Engine(t, faulttest.Compile(t, all("{websocket: {closeCode: 1011, after: 30ms}}")), permit, faulttest.Always)
			w := open(t, start(t, e, echoFrames(t, "")))
			permit.Revoke("p")
			timer := time.NewTimer(60 * time.Millisecond)
			<-timer.C
			w.send(frame{textFrame, "still here"})
			if got := w.receive(t, 1); got[0].payload != "still here" {
				t.Errorf("received %v, want the echo", got)
			}
			w.Close()
			settled(t, e)
			if c, _ := e.Counts("p"); c.Fault != 0 {
				t.Errorf("counts %+v; want the request in neither arm", c)
			}
		})
	}
}

func TestEachMessageIsDelayedInBothDirections(t *testing.T) {
	for adapter, start := range adapters() {
		t.Run(adapter, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, all("{delay: {fixed: 20ms, phase: event}}")), faulttest.NewPermit("p"), faulttest.Always)
			w := open(t, start(t, e, echoFrames(t, "")))
			began := time.Now()
			w.send(frame{textFrame, "one"}, frame{firstFrame, "tw"}, frame{lastFrame, "o"})
			w.receive(t, 3)
			if took := time.Since(began); took < 60*time.Millisecond {
				t.Errorf("two messages took %s, want 20ms each up, and the last 20ms down", took)
			}
		})
	}
}

func TestAWebSocketFaultLeavesOtherRequestsAlone(t *testing.T) {
	e := faulttest.Engine(t, faulttest.Compile(t, all("{websocket: {dropEvery: 1}}")), faulttest.NewPermit("p"), faulttest.Always)
	if answer, err := exchange(serve(t, e, "http://"+upstream(t)), plain); err != nil || answer.body != "fine" {
		t.Errorf("%v, %v", answer, err)
	}
	if c, _ := e.Counts("p"); c.Fault != 0 || c.Control != 0 || c.Suppressed["skipped"] != 1 {
		t.Errorf("counts %+v; want it held back before the coin", c)
	}
}
