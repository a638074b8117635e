package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"time"
)

// holding is a load that does nothing: connections that are open.
type holding struct {
	Target      string // host:port
	Connections int
	// Answered says that each connection has been answered once, one after the
	// other, and is idle. Otherwise each waits for its answer.
	Answered bool
	Size     int           // bytes every answer must have
	For      time.Duration // how long they are held
}

// hold plays the part of such a load: it takes it as JSON, and prints a mark when
// all connections are as they should be, and another when they have been for
// long enough.
func hold(ctx context.Context, arg string, out io.Writer) error {
	var h holding
	if err := json.Unmarshal([]byte(arg), &h); err != nil {
		return err
	}
	var dialer net.Dialer
	for range h.Connections {
		conn, err := dialer.DialContext(ctx, "tcp", h.Target)
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Write(request(0)); err != nil {
			return err
		}
		if h.Answered {
			if _, err := answer(bufio.NewReaderSize(conn, 64<<10), body(h.Size), 0); err != nil {
				return err
			}
		}
	}
	fmt.Fprintln(out, markBegin)
	pause(ctx, time.Now().Add(h.For))
	fmt.Fprintln(out, markEnd)
	return json.NewEncoder(out).Encode(outcome{Requests: h.Connections})
}
