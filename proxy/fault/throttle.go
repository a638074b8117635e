package fault

import (
	"io"
	"time"

	"github.com/poise-dev/poise/policies"
)

// bucket lets bytes pass at a rate, and up to one second's worth at the start or
// after a rest: the virtual scheduling of a token bucket, in one number.
type bucket struct {
	perByte float64 // nanoseconds
	due     float64 // when all that has passed would have, at the rate
}

func newBucket(rate policies.Rate, now time.Duration) bucket {
	return bucket{perByte: float64(time.Second) / float64(rate), due: float64(now - time.Second)}
}

// take lets n bytes pass, and returns how long to wait before they do.
func (b *bucket) take(n int, now time.Duration) time.Duration {
	b.due = max(b.due, float64(now-time.Second)) + float64(n)*b.perByte
	return time.Duration(max(0, b.due-float64(now)))
}

// throttled is a body, or one direction of an upgraded connection, that passes
// at a rate: to be read, or to be written. When the fault's time has ended, it
// passes at full speed.
type throttled struct {
	from   io.Reader
	to     io.Writer
	bucket bucket
	slice  int // bytes that pass at once
	ordeal *ordeal
	gone   <-chan struct{}
}

// ticks is how many times a second bytes pass, as in Envoy's fault filter.
const ticks = 16

func newThrottled(body io.Reader, rate policies.Rate, o *ordeal, gone <-chan struct{}) *throttled {
	const most = 1 << 20
	return &throttled{
		from: body, ordeal: o, gone: gone, bucket: newBucket(rate, o.engine.since()),
		slice: int(min(max(rate/ticks, 1), most)),
	}
}

// newThrottledWriter is newThrottled for what is written.
func newThrottledWriter(to io.Writer, rate policies.Rate, o *ordeal, gone <-chan struct{}) *throttled {
	t := newThrottled(nil, rate, o, gone)
	t.to = to
	return t
}

// Read implements io.Reader.
func (t *throttled) Read(p []byte) (int, error) {
	if t.ordeal.lapsed() {
		return t.from.Read(p)
	}
	n, err := t.from.Read(p[:min(len(p), t.slice)])
	if n > 0 && !t.pass(n) {
		return 0, ErrGone
	}
	return n, err
}

// Write implements io.Writer.
func (t *throttled) Write(p []byte) (written int, _ error) {
	for len(p) > 0 {
		n := min(len(p), t.slice)
		if t.ordeal.lapsed() {
			n = len(p)
		} else if !t.pass(n) {
			return written, ErrGone
		}
		n, err := t.to.Write(p[:n])
		written += n
		if err != nil {
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}

// pass waits until n bytes may pass, and says whether there is still somebody to
// pass them to.
func (t *throttled) pass(n int) bool {
	t.ordeal.apply(kindThrottle)
	return t.ordeal.hold(t.bucket.take(n, t.ordeal.engine.since()), t.gone) != waitLeft
}
