package http1

import (
	"errors"
	"io"
	"sync"

	"github.com/poise-dev/poise/proxy/wire"
)

// tunnel passes bytes both ways after an upgrade, each direction until its end:
// one side may go on after the other has said all. Early are bytes the upstream
// sent behind its answer; the client's own are still in our buffer.
func (x *exchange) tunnel(_, early []byte) error {
	x.sent = true
	out := x.answered.AppendResponse(x.server.pool.getSmall()[:0], &wire.Forward{Upgrade: true})
	out = append(out, early...)
	_, err := x.client.Write(out)
	x.server.pool.put(out)
	if err == nil && x.n > 0 {
		_, err = x.up.Write(x.buf[:x.n])
		x.n = 0
	}
	if err != nil {
		return errGone
	}
	x.server.sweep.unlimited(x.client)
	x.server.sweep.unlimited(x.up)
	var both sync.WaitGroup
	both.Go(func() { x.shovel(x.client, x.up) })
	x.shovel(x.up, x.client)
	both.Wait()
	return nil
}

// shovel copies until the end, and passes the end on.
func (x *exchange) shovel(to, from *socket) {
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
			if !errors.Is(err, io.EOF) || to.closeWrite() != nil {
				_ = to.Close() // it broke off
			}
			return
		}
	}
}
