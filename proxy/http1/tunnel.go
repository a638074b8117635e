package http1

import (
	"errors"
	"io"
	"sync"

	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/wire"
)

// tunnel passes bytes both ways after an upgrade, each direction until its end:
// one side may go on after the other has said all. Early are bytes the upstream
// sent behind its answer; the client's own are still in our buffer.
func (x *exchange) tunnel(early []byte) error {
	var upstream fault.HalfCloser = &spoken{socket: x.up, early: early}
	if x.passage.Pending() {
		gone, stop := x.server.vigil.watch(x.client)
		action := x.passage.Respond(fault.Head{
			Status: x.answered.Status, Fields: fieldsOf{&x.answered}, Length: -1, Tunnel: true,
		}, gone)
		stop()
		if action.Do != fault.Forward {
			x.faulted = action
			return errFaulted
		}
		upstream = x.passage.Tunnel(upstream)
		defer upstream.Close()
	}
	x.sent = true
	x.passage.Streaming()
	out := x.answered.AppendResponse(x.server.pool.getSmall()[:0], &wire.Forward{Upgrade: true, Add: lines(x.passage.Marks())})
	_, err := x.client.Write(out)
	x.server.pool.put(out)
	if err == nil && x.n > 0 {
		_, err = upstream.Write(x.buf[:x.n])
		x.n = 0
	}
	if err != nil {
		return errGone
	}
	x.server.sweep.unlimited(x.client)
	x.server.sweep.unlimited(x.up)
	var both sync.WaitGroup
	both.Go(func() { x.shovel(x.client, upstream) })
	x.shovel(upstream, x.client)
	both.Wait()
	return nil
}

// shovel copies until the end, and passes the end on.
func (x *exchange) shovel(to, from fault.HalfCloser) {
	b := x.server.pool.getSmall()
	defer x.server.pool.put(b)
	for {
		n, err := from.Read(b)
		if n > 0 {
			if _, err := to.Write(b[:n]); err != nil {
				_ = from.Close() // nobody listens
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) || to.CloseWrite() != nil {
				_ = to.Close() // it broke off
			}
			return
		}
	}
}

// spoken is a socket of which some bytes were read already.
type spoken struct {
	*socket
	early []byte
}

// Read implements io.Reader.
func (s *spoken) Read(b []byte) (int, error) {
	if len(s.early) > 0 {
		n := copy(b, s.early)
		s.early = s.early[n:]
		return n, nil
	}
	return s.socket.Read(b)
}
