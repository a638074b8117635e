package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// request is what is sent, always the same: a GET, or a POST of n bytes.
func request(n int) []byte {
	const head = " /ordinary HTTP/1.1\r\nHost: service.example\r\nUser-Agent: bench\r\nAccept: */*\r\n"
	if n == 0 {
		return []byte("GET" + head + "\r\n")
	}
	return append(fmt.Appendf(nil, "POST%sContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", head, n), body(n)...)
}

// sender is one connection of a load. It speaks HTTP by hand, so that the load
// costs little beside the proxy.
type sender struct {
	load       load
	place      int // among the connections
	begin, end time.Time
	latencies  []time.Duration // of answers that came between begin and end
	instead    int             // how many of them had the other status
}

func (s *sender) run(ctx context.Context) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.load.Target)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(s.end.Add(10 * time.Second)); err != nil {
		return err
	}
	in := bufio.NewReaderSize(conn, 64<<10)
	out, want := request(s.load.Send), body(s.load.Size)
	started := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		from := s.next(ctx, started, n)
		if !from.Before(s.end) {
			return nil
		}
		if _, err := conn.Write(out); err != nil {
			return fmt.Errorf("request %d of a connection: %w", n+1, err)
		}
		instead, err := answer(in, want, s.load.Instead)
		if err != nil {
			return fmt.Errorf("answer %d of a connection: %w", n+1, err)
		}
		if now := time.Now(); now.After(s.begin) && now.Before(s.end) {
			s.latencies = append(s.latencies, now.Sub(from))
			if instead {
				s.instead++
			}
		}
	}
	return ctx.Err()
}

// next waits until the n-th request of this connection is due and returns the
// instant its latency counts from. That is when it was due if the connection
// was still busy then: a caller who had to wait has waited, whoever made them.
// Otherwise it is when it is sent, so that the lateness of our own timer is not
// the proxy's.
func (s *sender) next(ctx context.Context, started time.Time, n int) time.Time {
	now := time.Now()
	if s.load.Rate <= 0 {
		return now
	}
	due := started.Add(time.Duration((float64(n*s.load.Connections+s.place) / s.load.Rate) * float64(time.Second)))
	if due.Before(now) {
		return due
	}
	pause(ctx, due)
	return time.Now()
}

// body is what the upstream answers: n bytes, no two neighbours alike.
func body(n int) []byte {
	return bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n]
}

// answer reads one response and checks its status, its length and its body.
// Another status is right, whatever its body, where some are expected to have it
// instead.
func answer(in *bufio.Reader, want []byte, other int) (instead bool, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return false, err
	}
	status := 0
	if len(line) > 12 && bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		status, _ = strconv.Atoi(string(line[9:12])) // what is no number is no status
	}
	if instead = other != 0 && status == other; !instead && status != 200 {
		return false, fmt.Errorf("status line %q, want 200", line)
	}
	length, err := contentLength(in)
	if err != nil {
		return instead, err
	}
	if instead {
		_, err := in.Discard(max(length, 0))
		return true, err
	}
	if length != len(want) {
		return false, fmt.Errorf("content length %d, want %d", length, len(want))
	}
	return false, same(in, want)
}

// same reads as many bytes as are wanted, and says whether they are those.
func same(in *bufio.Reader, want []byte) error {
	for len(want) > 0 {
		got, err := in.Peek(min(len(want), max(in.Buffered(), 1)))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want[:len(got)]) {
			return errors.New("the body is not what the upstream sent")
		}
		want = want[len(got):]
		if _, err := in.Discard(len(got)); err != nil {
			return err
		}
	}
	return nil
}

// contentLength reads the header lines to their end and returns the declared
// length, -1 when there is none.
func contentLength(in *bufio.Reader) (int, error) {
	length := -1
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return length, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("content-length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		}
	}
}
