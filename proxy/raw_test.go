package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
)

// rawAdapter is a second adapter, over bytes: it reads one request head from a
// connection, shows the engine a view of those bytes, and forwards them as they
// came. It knows nothing of net/http, as a data path of our own will not.
func rawAdapter(t *testing.T, lane *fault.Lane, upstream string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go rawServe(lane, conn.(*net.TCPConn), upstream)
		}
	}()
	return l.Addr().String()
}

// rawServe carries one request and closes the connection.
func rawServe(lane *fault.Lane, conn *net.TCPConn, upstream string) {
	defer conn.Close()
	head, body, err := readHead(conn)
	if err != nil {
		return
	}
	method, target, _ := strings.Cut(string(head[0]), " ")
	target, _, _ = strings.Cut(target, " ")
	path, query, _ := strings.Cut(target, "?")
	path, err = url.PathUnescape(path)
	if err != nil {
		return
	}
	fields := rawFields(head[1:])
	host, _ := fields.Field("Host", 0)
	kind, _ := fields.Field("Content-Type", 0)
	p := lane.Enter(&policies.Request{
		Method: method, Host: host, Path: path, RawQuery: query, Fields: fields,
		GRPC: strings.HasPrefix(kind, "application/grpc"),
	})
	outcome := policies.Outcome{}
	defer func() { p.Leave(outcome) }()
	switch a := p.Inject(nil); a.Do {
	case fault.Forward:
		outcome.Status, outcome.Complete = rawForward(conn, head, body, upstream)
	case fault.Answer:
		outcome.Status = a.Abort.Status
		fmt.Fprintf(conn, "HTTP/1.1 %d \r\nContent-Length: %d\r\n", a.Abort.Status, len(a.Abort.Body))
		if a.Abort.ContentType != "" {
			fmt.Fprintf(conn, "Content-Type: %s\r\n", a.Abort.ContentType)
		}
		for name, value := range a.Abort.Headers {
			fmt.Fprintf(conn, "%s: %s\r\n", name, value)
		}
		fmt.Fprintf(conn, "\r\n%s", a.Abort.Body)
	case fault.AnswerGRPC:
		outcome.Status = 200
		fmt.Fprintf(conn, "HTTP/1.1 200 \r\nContent-Type: application/grpc\r\nContent-Length: 0\r\nGrpc-Status: %d\r\nGrpc-Message: %s\r\n\r\n",
			*a.Abort.GRPCStatus, a.Abort.GRPCMessage)
	case fault.Reset:
		conn.SetLinger(0)
	case fault.Close:
		conn.CloseWrite()
	case fault.Gone:
	}
}

// readHead reads up to the empty line, and returns the lines and what was read
// beyond.
func readHead(r io.Reader) (lines [][]byte, beyond *bufio.Reader, err error) {
	b := bufio.NewReader(r)
	for {
		line, err := b.ReadBytes('\n')
		if err != nil {
			return nil, nil, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			return lines, b, nil
		}
		lines = append(lines, line)
	}
}

// rawFields finds header fields among raw lines.
type rawFields [][]byte

func (f rawFields) Field(name string, i int) (string, bool) {
	for _, line := range f {
		key, value, _ := strings.Cut(string(line), ":")
		if textproto.CanonicalMIMEHeaderKey(key) != name {
			continue
		}
		if i == 0 {
			return strings.TrimSpace(value), true
		}
		i--
	}
	return "", false
}

// rawForward sends the head as it came, and the answer back.
func rawForward(to net.Conn, head [][]byte, body *bufio.Reader, upstream string) (status int, complete bool) {
	conn, err := net.DialTimeout("tcp", upstream, time.Second)
	if err != nil {
		return 0, false
	}
	defer conn.Close()
	for _, line := range head {
		fmt.Fprintf(conn, "%s\r\n", line)
	}
	fmt.Fprint(conn, "Connection: close\r\n\r\n")
	if n := body.Buffered(); n > 0 {
		io.CopyN(conn, body, int64(n))
	}
	answer := bufio.NewReader(conn)
	first, err := answer.ReadString('\n')
	if err != nil || len(first) < 12 {
		return 0, false
	}
	status, _ = strconv.Atoi(first[9:12])
	io.WriteString(to, first)
	_, err = io.Copy(to, answer)
	return status, err == nil
}
