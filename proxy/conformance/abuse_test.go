//go:build e2e

package conformance_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/poise-dev/poise/proxy"
)

// peer speaks HTTP/2 frame by frame, and not always nicely.
type peer struct {
	*http2.Framer
	conn    net.Conn
	block   bytes.Buffer
	encoder *hpack.Encoder
}

func speak(t *testing.T, address string) *peer {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	io.WriteString(c, http2.ClientPreface)
	p := &peer{Framer: http2.NewFramer(c, c), conn: c}
	p.encoder = hpack.NewEncoder(&p.block)
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	p.WriteSettings()
	p.WriteSettingsAck() // of what is still to come
	return p
}

// fields returns a header block of a GET, with more fields.
func (p *peer) fields(more ...string) []byte {
	p.block.Reset()
	for _, f := range [][2]string{{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}} {
		p.encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	for i := 0; i < len(more); i += 2 {
		p.encoder.WriteField(hpack.HeaderField{Name: more[i], Value: more[i+1]})
	}
	return p.block.Bytes()
}

func (p *peer) ask(stream uint32, more ...string) error {
	return p.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: p.fields(more...), EndStream: true, EndHeaders: true})
}

// next returns the next frame that is about a stream, or the connection's end.
func (p *peer) next() (http2.Frame, error) {
	for {
		f, err := p.ReadFrame()
		if err != nil {
			return nil, err
		}
		switch f.(type) {
		case *http2.SettingsFrame, *http2.WindowUpdateFrame, *http2.PingFrame:
		default:
			return f, nil
		}
	}
}

func TestAMalformedRequestIsToldSoAndReset(t *testing.T) {
	var asked atomic.Int32
	address := listen(t, proxy.Listener{Upstream: "http://" + upstream(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })})
	for _, field := range [][2]string{
		{"connection", "keep-alive"}, {"keep-alive", "1"}, {"proxy-connection", "x"}, {"transfer-encoding", "chunked"}, {"upgrade", "h2c"}, {"te", "gzip"},
	} {
		t.Run(field[0], func(t *testing.T) {
			p := speak(t, address)
			p.ask(1, field[0], field[1])
			var status string
			for {
				f, err := p.next()
				if err != nil {
					t.Fatal(err)
				}
				if h, ok := f.(*http2.MetaHeadersFrame); ok {
					status = h.PseudoValue("status")
				}
				if r, ok := f.(*http2.RSTStreamFrame); ok {
					if r.ErrCode != http2.ErrCodeProtocol || r.StreamID != 1 {
						t.Errorf("%v, want stream 1 reset with PROTOCOL_ERROR", r)
					}
					break
				}
			}
			if status != "400" {
				t.Errorf("answered %q before the reset, want 400", status)
			}
			before := asked.Load()
			p.ask(3) // the connection, and its header compression, go on
			for {
				f, err := p.next()
				if err != nil {
					t.Fatal(err)
				}
				if h, ok := f.(*http2.MetaHeadersFrame); ok && h.StreamID == 3 {
					if h.PseudoValue("status") != "200" {
						t.Errorf("the next stream is answered %s", h.PseudoValue("status"))
					}
					break
				}
			}
			if asked.Load() != before+1 {
				t.Errorf("the upstream was asked %d times, want once", asked.Load()-before)
			}
		})
	}
}

func TestRapidResetsEndTheConnectionAndReachNobodyElse(t *testing.T) {
	var running, most atomic.Int32
	address := listen(t, proxy.Listener{Upstream: "http://" + upstream(t, func(_ http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		<-r.Context().Done()
	})})
	p := speak(t, address)
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := p.next(); err != nil {
				ended <- err
				return
			}
		}
	}()
	var sent int
	for stream := uint32(1); stream < 200_000; stream += 2 { // CVE-2023-44487
		if p.ask(stream) != nil || p.WriteRSTStream(stream, http2.ErrCodeCancel) != nil {
			break
		}
		sent++
	}
	select {
	case err := <-ended:
		t.Logf("the connection ended after %d resets (%v); %d requests ran at once at the upstream", sent, err, most.Load())
	case <-time.After(20 * time.Second):
		t.Fatalf("after %d resets the connection still stands", sent)
	}
	if most.Load() > 4096 {
		t.Errorf("%d requests ran at the upstream at once", most.Load())
	}
	for deadline := time.Now().Add(10 * time.Second); running.Load() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d requests are left at the upstream", running.Load())
		}
	}
}

func TestHeadersWithoutEndAreRefused(t *testing.T) {
	address := listen(t, proxy.Listener{Upstream: "http://" + upstream(t, func(http.ResponseWriter, *http.Request) {})})
	t.Run("in CONTINUATION frames", func(t *testing.T) { // CVE-2023-45288
		p := speak(t, address)
		p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: p.fields()})
		sent := 0
		for i := 0; i < 1<<14; i++ {
			p.block.Reset()
			p.encoder.WriteField(hpack.HeaderField{Name: fmt.Sprint("x-", i), Value: strings.Repeat("x", 4000), Sensitive: true})
			if p.WriteContinuation(1, false, p.block.Bytes()) != nil {
				break
			}
			sent += p.block.Len()
		}
		if sent > 8<<20 {
			t.Errorf("%d bytes of header were taken", sent)
		}
		for {
			f, err := p.next()
			if err != nil {
				break // the connection is over
			}
			if h, ok := f.(*http2.MetaHeadersFrame); ok {
				t.Fatalf("it was answered %s", h.PseudoValue("status"))
			}
		}
	})
	t.Run("in one block that is too long", func(t *testing.T) {
		p := speak(t, address)
		block := p.fields("x-long", strings.Repeat("y", 70<<10), "x-longer", strings.Repeat("z", 70<<10))
		first, rest := block[:16384], block[16384:]
		p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: first, EndStream: true})
		for len(rest) > 0 {
			n := min(len(rest), 16384)
			if p.WriteContinuation(1, n == len(rest), rest[:n]) != nil {
				break
			}
			rest = rest[n:]
		}
		for {
			f, err := p.next()
			if err != nil {
				return // over, too
			}
			if h, ok := f.(*http2.MetaHeadersFrame); ok {
				if got := h.PseudoValue("status"); got != "431" {
					t.Errorf("it was answered %s, want 431", got)
				}
				return
			}
		}
	})
}

func TestStreamsBeyondTheLimitAreRefusedOneByOne(t *testing.T) {
	release := make(chan struct{})
	address := listen(t, proxy.Listener{Upstream: "http://" + upstream(t, func(http.ResponseWriter, *http.Request) { <-release })})
	p := speak(t, address)
	var limit uint32
	for limit == 0 {
		f, err := p.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := f.(*http2.SettingsFrame); ok {
			limit, _ = s.Value(http2.SettingMaxConcurrentStreams)
		}
	}
	for i := range limit + 1 {
		p.ask(2*i + 1)
	}
	f, err := p.next()
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := f.(*http2.RSTStreamFrame); !ok || r.StreamID != 2*limit+1 || r.ErrCode != http2.ErrCodeRefusedStream && r.ErrCode != http2.ErrCodeProtocol {
		t.Errorf("%v, want the last stream refused", f)
	}
	close(release)
	for answered := uint32(0); answered < limit; {
		f, err := p.next()
		if err != nil {
			t.Fatalf("after %d answers: %v", answered, err)
		}
		if _, ok := f.(*http2.MetaHeadersFrame); ok {
			answered++
		}
	}
}
