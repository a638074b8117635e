package http1_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/poise-dev/poise/proxy/fault"
)

func TestACallerWhoBreaksOffEndsTheWaitOnAKeptConnection(t *testing.T) {
	began, left := make(chan struct{}), make(chan struct{})
	up := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(began)
			select {
			case <-r.Context().Done():
				close(left)
			case <-time.After(10 * time.Second):
			}
		}
	}))
	defer up.Close()
	conn, err := net.Dial("tcp", serve(t, fault.New(fault.Options{}), up.Listener.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	fmt.Fprint(conn, "GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n")
	<-began
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil { // a reset
		t.Fatal(err)
	}
	conn.Close()
	select {
	case <-left:
	case <-time.After(5 * time.Second):
		t.Error("the upstream was left working for nobody")
	}
}
