package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
)

// upstream plays the part of the service behind the proxy: it answers every
// request with the same bytes, size of them, as cheaply as it can.
func upstream(ctx context.Context, address, size string) error {
	n, err := strconv.Atoi(size)
	if err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return serveUpstream(ctx, listener, n)
}

// serveUpstream answers until ctx ends, and returns when the last connection
// is closed.
func serveUpstream(ctx context.Context, listener net.Listener, size int) error {
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	response := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", size, body(size))
	var connections sync.WaitGroup
	defer connections.Wait()
	for {
		conn, err := listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		connections.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			reply(conn, response)
		})
	}
}

// reply answers each request with the response, until the connection ends.
func reply(conn net.Conn, response []byte) {
	for in := bufio.NewReaderSize(conn, 32<<10); ; {
		if _, err := in.ReadSlice('\n'); err != nil {
			return
		}
		length, err := contentLength(in)
		if err != nil {
			return
		}
		if _, err := in.Discard(max(length, 0)); err != nil {
			return
		}
		if _, err := conn.Write(response); err != nil {
			return
		}
	}
}
