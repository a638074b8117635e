package http1_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/http1"
)

// serve carries connections to upstream and returns where.
func serve(tb testing.TB, e *fault.Engine, upstream string) string {
	tb.Helper()
	return start(tb, e, upstream, false)
}

// serveUnforwarded is serve, adding nothing to requests.
func serveUnforwarded(tb testing.TB, e *fault.Engine, upstream string) string {
	tb.Helper()
	return start(tb, e, upstream, true)
}

func start(tb testing.TB, e *fault.Engine, upstream string, unforwarded bool) string {
	tb.Helper()
	s := http1.New(http1.Options{
		Lane: e.Lane("default"), Unforwarded: unforwarded,
		Dial: func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", upstream) },
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.Serve(c, http1.Client{})
		}
	}()
	tb.Cleanup(func() {
		l.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.Shutdown(ctx)
	})
	return l.Addr().String()
}

func TestRequestsPass(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Path", r.RequestURI)
		w.Write(body)
		io.WriteString(w, "fine")
	}))
	defer up.Close()
	address := serve(t, fault.New(fault.Options{}), up.Listener.Addr().String())
	client := &http.Client{Transport: &http.Transport{}}
	for _, size := range []int{0, 1, 100, 8 << 10, 16 << 10, 60 << 10, 64 << 10, 70 << 10, 1 << 20} {
		for range 3 {
			var body io.Reader
			if size > 0 {
				body = strings.NewReader(strings.Repeat("x", size))
			}
			answer, err := client.Post("http://"+address+"/a?b", "text/plain", body)
			if err != nil {
				t.Fatal(size, err)
			}
			got, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if err != nil || len(got) != size+4 {
				t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
			}
		}
		answer, err := client.Post("http://"+address+"/a?b", "text/plain", io.MultiReader(strings.NewReader(strings.Repeat("x", size)))) // chunked
		if err != nil {
			t.Fatal(size, err)
		}
		got, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || len(got) != size+4 {
			t.Errorf("%d bytes in chunks: %d came back, %v", size, len(got), err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				r := bufio.NewReader(c)
				for {
					for {
						line, err := r.ReadString('\n')
						if err != nil {
							return
						}
						if line == "\r\n" {
							break
						}
					}
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n"+strings.Repeat("x", 1024))
				}
			}()
		}
	}()
	address := serve(b, fault.New(fault.Options{}), l.Addr().String())
	c, _ := net.Dial("tcp", address)
	buf := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n")
		n := 0
		for n < 1024 {
			k, err := c.Read(buf)
			if err != nil {
				b.Fatal(err)
			}
			n += k
		}
	}
}
