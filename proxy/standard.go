package proxy

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Bounds of what a caller may make us hold.
const (
	// maxHeaderBytes is the longest header, for HTTP/2 as it is when unpacked.
	maxHeaderBytes    = 64 << 10
	readHeaderTimeout = 10 * time.Second
	callerIdle        = 2 * time.Minute
	// maxStreams are open at a time on one HTTP/2 connection. Who stays in
	// between (an application's own pool) must not be starved by a sidecar.
	maxStreams = 1024
	// maxFrame is the longest HTTP/2 frame, in bytes: the least there may be (RFC
	// 9113 section 6.5.2).
	maxFrame = 1 << 14
)

// standard carries connections by net/http: HTTP/2, and HTTP/1.1 where nobody
// else does.
type standard struct {
	queue *queue
	http  *http.Server
	done  chan error // receives how serving ended
}

// newStandard returns a carrier whose requests go to h. It serves at once.
func newStandard(h http.Handler, addr net.Addr, log *slog.Logger) *standard {
	s := &standard{
		queue: &queue{addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})},
		http: &http.Server{
			Handler:           addressed{h},
			ReadHeaderTimeout: readHeaderTimeout,
			IdleTimeout:       callerIdle,
			MaxHeaderBytes:    maxHeaderBytes,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
			Protocols:         new(http.Protocols),
			HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams, MaxReadFrameSize: maxFrame},
			ConnContext: func(ctx context.Context, c net.Conn) context.Context {
				return context.WithValue(ctx, connKey{}, accepted(c))
			},
		},
		done: make(chan error, 1),
	}
	s.http.Protocols.SetHTTP1(true)
	// HTTP/2 comes without its TLS, which the front has taken off; see h2.Guard.
	s.http.Protocols.SetUnencryptedHTTP2(true)
	go func() { s.done <- s.http.Serve(s.queue) }()
	return s
}

// carry implements carrier.
func (s *standard) carry(c net.Conn) { s.queue.put(c) }

// drain implements carrier.
func (s *standard) drain(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// queue is a listener whose connections were accepted elsewhere.
type queue struct {
	addr   net.Addr
	conns  chan net.Conn
	closed chan struct{}
}

func (q *queue) put(c net.Conn) {
	select {
	case q.conns <- c:
	case <-q.closed:
		_ = c.Close() // it came too late
	}
}

// Accept implements net.Listener.
func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. http.Server calls it once.
func (q *queue) Close() error {
	close(q.closed)
	return nil
}

// Addr implements net.Listener.
func (q *queue) Addr() net.Addr { return q.addr }

// connKey is where net/http lets a request find its connection.
type connKey struct{}

// connOf returns the connection a request came on.
func connOf(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(*conn) // absent: nil
	return c
}

// addressed tells a request that came over TLS that it did.
type addressed struct{ http.Handler }

func (a addressed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.TLS == nil {
		if c := connOf(r); c != nil {
			r.TLS = c.tls
		}
	}
	a.Handler.ServeHTTP(w, r)
}
