package fault

import (
	"errors"
	"io"

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
