package proxy_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"slices"
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
	x := &rawExchange{conn: conn, p: p, head: head, body: body, method: method}
	defer func() { p.Leave(x.outcome) }()
	if a := p.Inject(nil); a.Do == fault.Forward {
		x.forward(upstream)
	} else {
		x.act(a)
	}
}

// rawExchange is one request and its answer.
type rawExchange struct {
	conn    *net.TCPConn
	p       *fault.Passage
	head    [][]byte
	body    *bufio.Reader
	method  string
	outcome policies.Outcome
}

// act does what the fault says in place of an answer of the upstream's.
func (x *rawExchange) act(a fault.Action) {
	switch a.Do {
	case fault.Answer:
		lines := rawFields{[]byte("Content-Length: " + strconv.Itoa(len(a.Abort.Body)))}
		if a.Abort.ContentType != "" {
			lines = append(lines, []byte("Content-Type: "+a.Abort.ContentType))
		}
		for name, value := range a.Abort.Headers {
			lines = append(lines, []byte(name+": "+value))
		}
		x.answer(a.Abort.Status, lines)
		io.WriteString(x.conn, a.Abort.Body)
	case fault.AnswerGRPC:
		x.answer(200, rawFields{
			[]byte("Content-Type: application/grpc"), []byte("Content-Length: 0"),
			[]byte("Grpc-Status: " + strconv.Itoa(int(*a.Abort.GRPCStatus))), []byte("Grpc-Message: " + a.Abort.GRPCMessage),
		})
	case fault.Reset:
		x.conn.SetLinger(0)
	case fault.Close:
		x.conn.CloseWrite()
	case fault.Gone, fault.Forward:
	}
}

// answer sends the head of an answer, with its marks.
func (x *rawExchange) answer(status int, fields rawFields) {
	x.outcome.Status = status
	fmt.Fprintf(x.conn, "HTTP/1.1 %d \r\n", status)
	for _, line := range fields {
		fmt.Fprintf(x.conn, "%s\r\n", line)
	}
	for _, mark := range x.p.Marks() {
		fmt.Fprintf(x.conn, "%s: %s\r\n", mark.Name, mark.Value)
	}
	fmt.Fprint(x.conn, "\r\n")
}

// forward sends the head as it came, but for the version, so that the answer
// comes without chunks; then the answer is sent back.
func (x *rawExchange) forward(upstream string) {
	conn, err := net.DialTimeout("tcp", upstream, time.Second)
	if err != nil {
		return
	}
	up := conn.(*net.TCPConn)
	defer up.Close()
	fmt.Fprintf(up, "%s\r\n", bytes.Replace(x.head[0], []byte("HTTP/1.1"), []byte("HTTP/1.0"), 1))
	for _, line := range x.head[1:] {
		fmt.Fprintf(up, "%s\r\n", line)
	}
	if mark, ok := x.p.Mark(); ok {
		fmt.Fprintf(up, "%s: %s\r\n", mark.Name, mark.Value)
	}
	fmt.Fprint(up, "\r\n")
	io.Copy(up, x.p.Upload(io.LimitReader(x.body, rawFields(x.head[1:]).length(0))))
	lines, answer, err := readHead(up)
	if err != nil || len(lines[0]) < 12 {
		return
	}
	status, _ := strconv.Atoi(string(lines[0][9:12]))
	x.pass(status, lines[1:], answer, up)
}

// pass sends the answer of the upstream back, as far as the fault lets it.
func (x *rawExchange) pass(status int, fields rawFields, body io.Reader, up *net.TCPConn) {
	if x.p.Pending() {
		a := x.p.Respond(fault.Head{Status: status, Fields: fields, Length: fields.length(-1), Tunnel: status == 101}, nil)
		if a.Do != fault.Forward {
			x.act(a)
			return
		}
		if a.Edit != nil {
			status, fields, body = edited(a.Edit, status, fields, body)
		}
	}
	x.answer(status, fields)
	if status == 101 {
		far := x.p.Tunnel(rawSocket{up, body})
		go func() {
			io.Copy(far, x.body)
			far.CloseWrite()
		}()
		io.Copy(x.conn, far)
		far.Close()
		return
	}
	_, err := io.Copy(x.conn, x.p.Download(body))
	x.outcome.Complete = err == nil
	if errors.Is(err, fault.ErrReset) {
		x.conn.SetLinger(0)
	}
}

// rawSocket is a connection some of which has been read.
type rawSocket struct {
	*net.TCPConn
	in io.Reader
}

func (s rawSocket) Read(p []byte) (int, error) { return s.in.Read(p) }

// edited returns an answer as the fault changes it.
func edited(e *fault.Edit, status int, fields rawFields, body io.Reader) (int, rawFields, io.Reader) {
	if e.Status != 0 {
		status = e.Status
	}
	drop := slices.Clone(e.Remove)
	for _, field := range e.Set {
		drop = append(drop, field.Name)
	}
	if e.Body != nil {
		drop = append(drop, "Content-Length")
		body = strings.NewReader(*e.Body)
	}
	fields = slices.DeleteFunc(slices.Clone(fields), func(line []byte) bool {
		name, _, _ := strings.Cut(string(line), ":")
		return slices.Contains(drop, textproto.CanonicalMIMEHeaderKey(name))
	})
	if e.Body != nil && status != 204 && status != 304 {
		fields = append(fields, []byte("Content-Length: "+strconv.Itoa(len(*e.Body))))
	}
	for _, field := range slices.Concat(e.Set, e.Add) {
		fields = append(fields, []byte(field.Name+": "+field.Value))
	}
	return status, fields, body
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

// length returns the declared length of a body.
func (f rawFields) length(otherwise int64) int64 {
	text, _ := f.Field("Content-Length", 0)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return otherwise
}
