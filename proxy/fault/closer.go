package fault

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/poise-dev/poise/policies"
)

// closer is a websocket that is closed with a code some time after its upgrade,
// between two frames. The caller gets a close frame and has a moment to answer
// it; the upstream sees the connection end.
type closer struct {
	code     int
	upstream io.Closer
	down     *messageReader
	up       *messageWriter
	ordeal   *ordeal
	timer    *time.Timer
	answered chan struct{} // closed when the caller has answered the close frame

	mu     sync.Mutex
	due    bool   // the time has come
	asleep bool   // Read waits for the upstream, between two frames
	closed bool   // no frame of the upstream passes any more
	frame  []byte // what is left of the close frame
	heard  bool   // answered is closed
}

// closeGrace is how long a caller has to answer a close frame.
const closeGrace = time.Second

// errClosed ends the reading of a websocket that was closed.
var errClosed = errors.New("closed by a fault")

func newCloser(w *policies.WebSocket, upstream io.Closer, down *messageReader, up *messageWriter, o *ordeal) *closer {
	c := &closer{code: w.CloseCode, upstream: upstream, down: down, up: up, ordeal: o, answered: make(chan struct{})}
	var after time.Duration
	if w.After != nil {
		after = time.Duration(*w.After)
	}
	o.plan(kindWebSocket)
	c.timer = time.AfterFunc(after, c.fire)
	return c
}

// stop keeps the websocket from being closed.
func (c *closer) stop() { c.timer.Stop() }

// fire closes the websocket, now or at the end of the frame that is passing.
func (c *closer) fire() {
	if c.ordeal.lapsed() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = true
	if c.asleep {
		c.shut()
	}
}

// shut puts the close frame in the place of what would have come. The mutex is
// held.
func (c *closer) shut() {
	c.closed, c.frame = true, closeFrame(c.code)
	c.ordeal.apply(kindWebSocket)
	_ = c.upstream.Close() // it wakes Read
}

// Read implements io.Reader.
func (c *closer) Read(p []byte) (int, error) {
	for {
		if n, closed := c.last(p); n > 0 {
			return n, nil
		} else if closed {
			c.await()
			return 0, errClosed
		}
		n, err := c.down.Read(p)
		// What was read while the websocket was closed came after the frame at
		// whose end it was, and does not pass.
		if !c.wake() {
			return n, err
		}
	}
}

// last passes the close frame when its time has come, and otherwise says that
// Read is going to wait.
func (c *closer) last(p []byte) (n int, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.due && !c.closed && c.down.idle() && !c.ordeal.lapsed() {
		c.shut()
	}
	n = copy(p, c.frame)
	c.frame = c.frame[n:]
	c.asleep = !c.closed && c.down.idle()
	return n, c.closed
}

// wake says that Read does not wait any more, and returns whether the websocket
// has been closed.
func (c *closer) wake() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asleep = false
	return c.closed
}

// await waits until the caller has answered the close frame, but not long.
func (c *closer) await() {
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case <-c.answered:
	case <-timer.C:
	case <-c.down.gone:
	case <-c.ordeal.ended:
	}
}

// Write implements io.Writer. What the caller sends after the end is not passed
// on.
func (c *closer) Write(p []byte) (int, error) {
	if !c.isClosed() {
		if n, err := c.up.Write(p); err == nil || !c.isClosed() {
			return n, err
		}
	}
	c.listen(p)
	return len(p), nil
}

func (c *closer) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// listen waits for a close frame among what the caller sends.
func (c *closer) listen(p []byte) {
	for len(p) > 0 {
		n, whole := c.up.follow(p)
		p = p[n:]
		if whole && c.up.opcode() == opClose && !c.heard {
			c.heard = true
			close(c.answered)
		}
	}
}
