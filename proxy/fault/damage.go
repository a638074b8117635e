package fault

import (
	"io"
	"strings"

	"github.com/poise-dev/poise/policies"
)

// damage is what the body of an answer, or an upgraded connection, is going to
// meet.
type damage struct {
	cut       int64 // bytes to pass before cutErr
	cutErr    error // nil: not cut
	corrupt   policies.Percent
	events    *policies.Delay // before each event or message
	down      policies.Rate   // 0: not throttled
	up        policies.Rate
	websocket *policies.WebSocket
	messages  bool            // it is a websocket
	gone      <-chan struct{} // closed when the caller has left
}

// prepare finds out which parts of the fault this answer can meet, and returns
// what changes in its head.
func (o *ordeal) prepare(h Head, head bool) *Edit {
	edit := o.rewrite(h, head)
	hasBody := !head && mayHaveBody(h.Status)
	length := h.Length
	if edit != nil {
		if edit.Status != 0 {
			hasBody = !head && mayHaveBody(edit.Status)
		}
		if edit.Body != nil {
			length = int64(len(*edit.Body))
		}
	}
	o.prepareDamage(h.Tunnel, hasBody, length)
	o.prepareThrottle(h.Tunnel, hasBody)
	o.prepareEvents(h, hasBody)
	return edit
}

// rewrite returns what the fault changes in the head of the answer; nil:
// nothing.
func (o *ordeal) rewrite(h Head, head bool) *Edit {
	r := o.fault.Response
	if r == nil {
		return nil
	}
	if h.Tunnel {
		o.skip()
		return nil
	}
	edit, whole := rewrite(r, h, head)
	if !whole {
		o.skip()
	}
	if edit != nil {
		o.apply(kindResponse)
	}
	return edit
}

// prepareDamage decides what cuts and corrupts the body. One that is known to
// end before the cut cannot be cut.
func (o *ordeal) prepareDamage(tunnel, hasBody bool, length int64) {
	r := o.fault.Response
	if !r.DamagesBody() {
		return
	}
	if tunnel || !hasBody || length == 0 {
		o.skip()
		return
	}
	if r.Corrupt != nil {
		o.body.corrupt = r.Corrupt.Percentage
		o.plan(kindResponse)
	}
	at, err := r.TruncateAfter, ErrTruncated
	if at == nil {
		at, err = r.ResetAfter, ErrReset
	}
	switch {
	case at == nil:
	case length >= 0 && length <= int64(*at):
		o.skip()
	default:
		o.body.cut, o.body.cutErr = int64(*at), err
		o.plan(kindResponse)
	}
}

// prepareThrottle decides how fast the body goes.
func (o *ordeal) prepareThrottle(tunnel, hasBody bool) {
	t := o.fault.Throttle
	if t == nil {
		return
	}
	if tunnel && t.Upload != nil {
		o.body.up = *t.Upload
	}
	switch {
	case t.Download == nil:
	case tunnel || hasBody:
		o.body.down = *t.Download
		o.plan(kindThrottle)
	default:
		o.skip()
	}
}

// prepareEvents decides what happens to events and messages: of a stream of
// server-sent events that is not compressed, or of a websocket.
func (o *ordeal) prepareEvents(h Head, hasBody bool) {
	o.body.messages = isWebSocket(h)
	if d := o.fault.Delay; d != nil && d.Phase == policies.PhaseEvent {
		if o.body.messages || hasBody && isEventStream(h.Fields) {
			o.body.events = d
		} else {
			o.skip()
		}
	}
	if w := o.fault.WebSocket; w != nil {
		if o.body.messages && (w.DropEvery == 0 || independent(h.Fields)) {
			o.body.websocket = w
		} else {
			o.skip()
		}
	}
}

// download wraps a body in what it is going to meet.
func (d *damage) download(body io.Reader, o *ordeal) io.Reader {
	if d.corrupt > 0 {
		body = newCorrupted(body, d.corrupt, o)
	}
	if d.cutErr != nil {
		body = &cut{body: body, left: d.cut, err: d.cutErr, ordeal: o}
	}
	if d.events != nil {
		body = newEvents(body, d.events, o, d.gone)
	}
	if d.down > 0 {
		body = newThrottled(body, d.down, o, d.gone)
	}
	return body
}

// isEventStream says whether a body is server-sent events that can be told
// apart.
func isEventStream(f policies.Fields) bool {
	kind, _ := f.Field("Content-Type", 0)
	kind, _, _ = strings.Cut(kind, ";")
	coding, _ := f.Field("Content-Encoding", 0)
	return strings.EqualFold(strings.TrimSpace(kind), "text/event-stream") && (coding == "" || coding == "identity")
}

func isWebSocket(h Head) bool {
	protocol, _ := h.Fields.Field("Upgrade", 0)
	return h.Tunnel && strings.EqualFold(protocol, "websocket")
}
