//go:build e2e && linux

package e2e_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// visit is one request, as the person who sent it saw it.
type visit struct {
	path         string
	began, ended time.Time
	status       int // 0: there was no answer
}

// crowd is people who use a service, and remember every visit.
type crowd struct {
	client *http.Client
	base   string
	people sync.WaitGroup
	stop   context.CancelFunc
	ctx    context.Context //nolint:containedctx // the crowd's own life

	mu     sync.Mutex
	visits []visit
}

// gather lets people come to a process. Nobody sends anything yet.
func gather(t *testing.T, p *process) *crowd {
	t.Helper()
	c := &crowd{
		base:   "http://" + p.listen,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	t.Cleanup(c.leave)
	return c
}

// leave ends all visits, and waits for them.
func (c *crowd) leave() {
	c.stop()
	c.people.Wait()
	c.client.CloseIdleConnections()
}

// visit makes one request and remembers it.
func (c *crowd) visit(path string) visit {
	v := visit{path: path, began: time.Now()}
	if request, err := http.NewRequestWithContext(c.ctx, http.MethodGet, c.base+path, nil); err == nil {
		if answer, err := c.client.Do(request); err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if err == nil {
				v.status = answer.StatusCode
			}
		}
	}
	v.ended = time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.visits = append(c.visits, v)
	return v
}

// flow lets people come again and again, each 200 times a second at most.
func (c *crowd) flow(path string, people int) {
	for range people {
		c.people.Go(func() {
			beat := time.NewTicker(5 * time.Millisecond)
			defer beat.Stop()
			for {
				select {
				case <-c.ctx.Done():
					return
				case <-beat.C:
					c.visit(path)
				}
			}
		})
	}
}

// once lets that many people come one time each, at the same time.
func (c *crowd) once(path string, people int) {
	for range people {
		c.people.Go(func() { c.visit(path) })
	}
}

// seen returns the visits to a path that have ended.
func (c *crowd) seen(path string) (some []visit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.visits {
		if v.path == path {
			some = append(some, v)
		}
	}
	return some
}

// answered counts the visits to a path that ended with a status.
func (c *crowd) answered(path string, status int) (n int) {
	for _, v := range c.seen(path) {
		if v.status == status {
			n++
		}
	}
	return n
}

// service is what stands behind our processes.
type service struct {
	URL    string
	inside atomic.Int64 // requests under way
}

// upstream starts a service that answers at once, but for what has "never" in
// its path, which it never answers, and "late", which takes a second.
func upstream(t *testing.T) *service {
	t.Helper()
	s := new(service)
	closing := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.inside.Add(1)
		defer s.inside.Add(-1)
		wait := time.Duration(0)
		switch {
		case strings.Contains(r.URL.Path, "never"):
			wait = time.Hour
		case strings.Contains(r.URL.Path, "late"):
			wait = time.Second
		}
		select {
		case <-time.After(wait):
			_, _ = io.WriteString(w, "served")
		case <-r.Context().Done():
		case <-closing:
		}
	}))
	s.URL = server.URL
	t.Cleanup(func() {
		close(closing)
		server.Close()
	})
	return s
}
