package fault

import "io"

// tunnel wraps the upstream's side of an upgraded connection in what it is
// going to meet.
func (d *damage) tunnel(upstream HalfCloser, o *ordeal) HalfCloser {
	t := &tunnel{upstream: upstream, from: upstream, to: upstream}
	if d.messages {
		drop := 0
		if d.websocket != nil {
			drop = d.websocket.DropEvery
		}
		each := messages{delay: d.events, drop: drop, ordeal: o, gone: d.gone}
		down := &messageReader{messages: each, from: upstream}
		up := &messageWriter{messages: each, to: upstream}
		t.from, t.to, t.up = down, up, up
		if d.websocket != nil && d.websocket.CloseCode != 0 {
			c := newCloser(d.websocket, upstream, down, up, o)
			t.from, t.to, t.stop = c, c, c.stop
		}
	}
	if d.down > 0 {
		t.from = newThrottled(t.from, d.down, o, d.gone)
	}
	if d.up > 0 {
		t.to = newThrottledWriter(t.to, d.up, o, d.gone)
	}
	return t
}

// tunnel is an upgraded connection under a fault.
type tunnel struct {
	upstream HalfCloser
	from     io.Reader
	to       io.Writer
	up       *messageWriter // nil: no websocket
	stop     func()         // nil: nothing to stop
}

// Read implements io.Reader.
func (t *tunnel) Read(p []byte) (int, error) { return t.from.Read(p) }

// Write implements io.Writer.
func (t *tunnel) Write(p []byte) (int, error) { return t.to.Write(p) }

// CloseWrite tells the upstream that the caller has sent all, if only half of
// what it began with.
func (t *tunnel) CloseWrite() error {
	if t.up != nil {
		if rest := t.up.rest(); len(rest) > 0 {
			if _, err := t.upstream.Write(rest); err != nil {
				return err
			}
		}
	}
	return t.upstream.CloseWrite()
}

// Close implements io.Closer.
func (t *tunnel) Close() error {
	if t.stop != nil {
		t.stop()
	}
	return t.upstream.Close()
}
