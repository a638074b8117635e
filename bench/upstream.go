package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
)

// answered is how many bytes the upstream answers.
const answered = 1024

// upstream plays the part of the service behind the proxy: it answers every
// GET with the same bytes, as cheaply as it can.
func upstream(ctx context.Context, address string) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return serveUpstream(ctx, listener)
}

// serveUpstream answers until ctx ends, and returns when the last connection
// is closed.
func serveUpstream(ctx context.Context, listener net.Listener) error {
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	response := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", answered, body(answered))
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
			echo(conn, response)
		})
	}
}

// echo answers each request head with the response, until the connection ends.
func echo(conn net.Conn, response []byte) {
	for in := bufio.NewReader(conn); ; {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		if len(bytes.TrimSpace(line)) > 0 {
			continue
		}
		if _, err := conn.Write(response); err != nil {
			return
		}
	}
}
