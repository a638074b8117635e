package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// reverseProxy plays the part of a proxy to compare with.
func reverseProxy(ctx context.Context, kind, listen, upstream string) error {
	handler, err := newReverseProxy(kind, upstream)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: listen, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// newReverseProxy is the standard library's reverse proxy: "default", as it
// comes, or "tuned", as somebody would set it who has measured it.
func newReverseProxy(kind, upstream string) (http.Handler, error) {
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.SetXForwarded()
	}}
	switch kind {
	case "default":
	case "tuned":
		proxy.BufferPool = &buffers{}
		proxy.Transport = &http.Transport{
			MaxIdleConnsPerHost: 4096, // the default is 2: above that, a new connection for each request
			DisableCompression:  true,
			IdleConnTimeout:     time.Minute,
		}
	default:
		return nil, fmt.Errorf("there is no reverse proxy %q", kind)
	}
	return proxy, nil
}

// buffers hands the same 32 KiB buffers out again; the reverse proxy otherwise
// makes one for each answer.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if kept, ok := b.pool.Get().(*[32 << 10]byte); ok {
		return kept[:]
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(buffer []byte) { b.pool.Put((*[32 << 10]byte)(buffer)) }
