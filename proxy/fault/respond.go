package fault

import (
	"errors"
	"io"
	"strings"

	"github.com/poise-dev/poise/policies"
)

// Head is the head of an upstream's answer, as the engine sees it.
type Head struct {
	Status int
	// Fields are the header fields. They are only read during the call.
	Fields policies.Fields
	// Length is the declared length of the body in bytes; -1: none is declared.
	Length int64
	// Tunnel: what follows is not HTTP: an upgrade, or an answer to CONNECT.
	Tunnel bool
}

// Edit is what changes in the head of an answer, and its body where that is
// replaced whole. An adapter removes, then sets, then adds.
type Edit struct {
	// Status in place of the upstream's; 0: it stays. The reason phrase is the
	// adapter's.
	Status int
	// Remove holds canonical names.
	Remove   []string
	Set, Add []Field
	// Body is sent in place of the upstream's, which is not read, and whose
	// trailers are dropped; nil: the upstream's. The adapter declares its length,
	// except with a status that has no body.
	Body *string
}

// Field is one header field, by its canonical name.
type Field struct{ Name, Value string }

// What Download answers beside the errors of the body itself. An adapter sends
// what it has got so far, and then does as the error says.
var (
	// ErrTruncated: ends the answer as if the upstream had died: in order, and
	// before its declared end.
	ErrTruncated = errors.New("truncated by a fault")
	// ErrReset: ends the connection (or HTTP/2 stream) with a reset.
	ErrReset = errors.New("reset by a fault")
	// ErrGone: has nobody left to send to.
	ErrGone = errors.New("the caller has left")
)

// Respond lets the answer of the upstream meet the part of the fault that comes
// then: it waits as long as the fault says, and returns what to do with the
// answer. Whatever cannot be done to this answer is skipped, and counted. Gone is
// closed when the caller has left; Download and Tunnel wait on it too.
func (p *Passage) Respond(h Head, gone <-chan struct{}) Action {
	o := p.ordeal
	if !p.Pending() || o.lapsed() {
		return Action{}
	}
	action := o.phase(policies.PhaseResponse, gone)
	if action.Do != Forward || o.lapsed() {
		return action
	}
	o.body.gone = gone
	return Action{Edit: o.prepare(h, p.head)}
}

// Upload returns the body of the request as the upstream is to get it. It may be
// read by another goroutine, and after Leave.
func (p *Passage) Upload(body io.Reader) io.Reader {
	if !p.Pending() || p.ordeal.fault.Throttle == nil || p.ordeal.fault.Throttle.Upload == nil {
		return body
	}
	p.ordeal.plan(kindThrottle)
	return newThrottled(body, *p.ordeal.fault.Throttle.Upload, p.ordeal, p.ordeal.gone)
}

// Download returns the body of the answer as the caller is to get it, once
// Respond has seen its head. Its errors beside those of the body are
// [ErrTruncated], [ErrReset] and [ErrGone].
func (p *Passage) Download(body io.Reader) io.Reader {
	if !p.Pending() {
		return body
	}
	return p.ordeal.body.download(body, p.ordeal)
}

// HalfCloser is one side of an upgraded connection.
type HalfCloser interface {
	io.ReadWriteCloser
	// CloseWrite ends what is sent, and leaves what is read.
	CloseWrite() error
}

// Tunnel returns the upstream's side of an upgraded connection: Read gives what
// the caller is to get, Write takes what the caller sends. The two may be used
// at the same time. Closing it closes the upstream's side; when Read has ended,
// an adapter closes both.
func (p *Passage) Tunnel(upstream HalfCloser) HalfCloser {
	if !p.Pending() {
		return upstream
	}
	return p.ordeal.body.tunnel(upstream, p.ordeal)
}

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
	tunnel := h.Tunnel
	o.prepareDamage(tunnel, hasBody, length)
	o.prepareThrottle(tunnel, hasBody)
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
