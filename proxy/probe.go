package proxy

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"github.com/poise-dev/poise/proxy/h2"
)

// probe finds out whether a cleartext upstream speaks HTTP/2, which nobody
// negotiates there: it begins a connection as HTTP/2 does, and sees whether the
// answer is. An upstream that does is believed from then on; one that does not
// may have been somebody else's turn, and is asked again later.
type probe struct {
	dial func(ctx context.Context) (net.Conn, error)

	mu     sync.Mutex
	speaks bool
	asked  time.Time // zero: never
}

// Bounds of a probe.
const (
	probeTimeout = time.Second
	// probeAgain is how long a no is believed.
	probeAgain = time.Minute
)

// speaksHTTP2 says whether the upstream speaks HTTP/2, as far as is known. One
// that cannot be reached is taken to do: whoever asks will be told the reason.
func (p *probe) speaksHTTP2(ctx context.Context) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.speaks || !p.asked.IsZero() && time.Since(p.asked) < probeAgain {
		return p.speaks
	}
	c, err := p.dial(ctx)
	if err != nil {
		return true
	}
	defer c.Close()
	p.speaks, p.asked = greets(c), time.Now()
	return p.speaks
}

// greets begins HTTP/2 on a connection and says whether the other side does: by
// a SETTINGS frame, before anything else (RFC 9113 section 3.4).
func greets(c net.Conn) bool {
	const settings = 0x4
	if c.SetDeadline(time.Now().Add(probeTimeout)) != nil {
		return false
	}
	if _, err := io.WriteString(c, h2.Preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		return false
	}
	var head [9]byte
	_, err := io.ReadFull(c, head[:])
	return err == nil && head[0] == 0 && head[3] == settings && head[4]&1 == 0
}
