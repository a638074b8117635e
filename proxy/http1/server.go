package http1

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poise-dev/poise/proxy/fault"
)

// Options configures a Server. The zero value of a limit is the default beside
// it.
type Options struct {
	Lane *fault.Lane
	// Dial opens a connection to the upstream.
	Dial Dial
	// Unforwarded leaves out Via and X-Forwarded-*.
	Unforwarded bool
	// Scheme is what X-Forwarded-Proto tells: http unless TLS was terminated.
	Scheme string
	// Failure tells what is answered when the upstream cannot: a status, and the
	// reason as Proxy-Status names it (RFC 9209). Nil: 502.
	Failure func(error) (status int, reason string)
	// HeadTimeout is how long a request head may take once it has begun (10 s),
	// IdleTimeout how long a connection may say nothing between requests (2 min),
	// and StallTimeout how long a body may stand still in either direction, and an
	// answer be waited for (5 min).
	HeadTimeout, IdleTimeout, StallTimeout time.Duration
	// Patience is for how long a client that has ended its side of the connection
	// is still worked for (30 s). One that only has no more to ask cannot be told
	// from one that has left; and an upstream is not to work on for nobody.
	Patience time.Duration
	Log      *slog.Logger
}

// Limits of a connection to an upstream.
const (
	dialTimeout = 5 * time.Second
	// upstreamIdle, in seconds, is shorter than the keep-alive of common servers
	// (5 s), so that a request seldom meets a connection that is being closed.
	upstreamIdle = 4
	maxKept      = 1024
)

// Server carries the requests of HTTP/1.1 connections.
type Server struct {
	o         Options
	pool      pool
	exchanges sync.Pool // of *exchange
	upstreams *upstreams
	sweep     *sweep
	vigil     vigil

	ending   sync.Mutex // orders the first of the end and the last connection
	draining atomic.Bool
	conns    sync.WaitGroup
	stop     context.CancelFunc
	stopped  chan struct{}
}

// New returns a Server, whose sweep runs until Shutdown.
func New(o Options) *Server {
	set := func(d *time.Duration, standard time.Duration) {
		if *d == 0 {
			*d = standard
		}
	}
	set(&o.HeadTimeout, 10*time.Second)
	set(&o.IdleTimeout, 2*time.Minute)
	set(&o.StallTimeout, 5*time.Minute)
	set(&o.Patience, 30*time.Second)
	if o.Scheme == "" {
		o.Scheme = "http"
	}
	if o.Failure == nil {
		o.Failure = func(error) (int, string) { return 502, "connection_terminated" }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{o: o, sweep: newSweep(), stop: stop, stopped: make(chan struct{})}
	s.vigil.patience = o.Patience
	s.upstreams = &upstreams{dial: o.Dial, timeout: dialTimeout, sweep: s.sweep, idle: upstreamIdle, most: maxKept}
	go s.sweeping(ctx)
	return s
}

// sweeping looks at the limits until ctx ends.
func (s *Server) sweeping(ctx context.Context) {
	defer close(s.stopped)
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.sweep.look()
			s.upstreams.expire()
		}
	}
}

// Client is what is known of a client when its connection is taken over.
type Client struct {
	// Early is what was read of the connection already: at most a few bytes.
	Early []byte
	// Identities are those it has proved.
	Identities []string
}

// Serve carries the requests of one connection until its end, and closes it.
func (s *Server) Serve(c net.Conn, client Client) {
	conn := newConn(s, c, client)
	if !s.begin(conn) {
		_ = c.Close() // it came too late
		return
	}
	defer s.conns.Done()
	defer s.sweep.remove(conn)
	conn.serve()
}

// begin counts a connection, unless the end has begun.
func (s *Server) begin(c *conn) bool {
	s.ending.Lock()
	defer s.ending.Unlock()
	if s.draining.Load() {
		return false
	}
	s.conns.Add(1)
	s.sweep.add(c)
	return true
}

// Shutdown closes idle connections and waits for those with a request under
// way, until ctx ends; what is left then is cut.
func (s *Server) Shutdown(ctx context.Context) error {
	s.ending.Lock()
	s.draining.Store(true)
	s.ending.Unlock()
	s.sweep.each(func(c *conn) {
		if c.idle.Load() {
			_ = c.client.Close() // nobody is being served
		}
	})
	done := make(chan struct{})
	go func() {
		s.conns.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = errors.Join(errors.New("requests were cut"), context.Cause(ctx))
		s.sweep.each((*conn).cut)
		<-done
	}
	s.stop()
	<-s.stopped
	s.upstreams.close()
	return err
}
