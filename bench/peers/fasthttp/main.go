// Command fasthttp is the smallest reverse proxy made of the library of that
// name: what the fast way to write one in Go reaches.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/valyala/fasthttp"
)

// main listens on its first argument and forwards to its second, both host:port.
func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fasthttp LISTEN UPSTREAM")
		os.Exit(2)
	}
	server := newServer(os.Args[2])
	if err := server.ListenAndServe(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func newServer(upstream string) *fasthttp.Server {
	client := &fasthttp.HostClient{
		Addr: upstream, MaxConns: 1 << 16, MaxIdleConnDuration: time.Minute,
		DisablePathNormalizing: true, DisableHeaderNamesNormalizing: true, NoDefaultUserAgentHeader: true,
	}
	forward := func(r *fasthttp.RequestCtx) {
		r.Request.Header.Del("Connection")
		if err := client.Do(&r.Request, &r.Response); err != nil {
			r.Error("the upstream does not answer", fasthttp.StatusBadGateway)
			return
		}
		r.Response.Header.Del("Connection")
	}
	return &fasthttp.Server{
		Handler: forward, NoDefaultServerHeader: true, NoDefaultDate: true, DisableHeaderNamesNormalizing: true,
		MaxRequestBodySize: 64 << 20,
	}
}
