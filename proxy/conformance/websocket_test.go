//go:build e2e

package conformance_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/poise-dev/poise/proxy"
)

// echo says back every message as it came, and closes as it is told to.
func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"echo"}, CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	for {
		kind, message, err := c.Reader(r.Context())
		if err != nil {
			return
		}
		all, err := io.ReadAll(message)
		if err != nil {
			return
		}
		if string(all) == "close me" {
			c.Close(4321, "as you say")
			return
		}
		back, err := c.Writer(r.Context(), kind)
		if err != nil {
			return
		}
		for part := range partsOf(all) {
			if _, err := back.Write(part); err != nil {
				return
			}
		}
		if back.Close() != nil {
			return
		}
	}
}

// partsOf yields a message in pieces, each of which is sent as a fragment.
func partsOf(message []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(message) > 0 {
			n := min(len(message), 1+len(message)/3)
			if !yield(message[:n]) {
				return
			}
			message = message[n:]
		}
	}
}

func TestWebsockets(t *testing.T) {
	address := upstream(t, echo)
	secure := certificate(t)
	pem, err := os.ReadFile(secure.CertFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	for name, at := range map[string]string{
		"cleartext": "ws://" + listen(t, proxy.Listener{Upstream: "http://" + address}),
		"over TLS":  "wss://" + listen(t, proxy.Listener{Upstream: "http://" + address, TLS: secure}),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			for _, compression := range []websocket.CompressionMode{websocket.CompressionDisabled, websocket.CompressionContextTakeover} {
				c, _, err := websocket.Dial(ctx, at, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"echo"}, CompressionMode: compression})
				if err != nil {
					t.Fatal(err)
				}
				converse(ctx, t, c)
				c.CloseNow()
			}
		})
	}
}

// converse says messages of many lengths, in fragments, and hears them back; then
// it is closed with a code.
func converse(ctx context.Context, t *testing.T, c *websocket.Conn) {
	t.Helper()
	if c.Subprotocol() != "echo" {
		t.Errorf("subprotocol %q, want echo", c.Subprotocol())
	}
	c.SetReadLimit(-1)
	for _, length := range []int{0, 1, 125, 126, 65535, 65536, 1 << 20} { // around where frames change their form
		message := make([]byte, length)
		for i := range message {
			message[i] = byte(rand.Uint32())
		}
		w, err := c.Writer(ctx, websocket.MessageBinary)
		if err != nil {
			t.Fatal(err)
		}
		for part := range partsOf(message) {
			if _, err := w.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		said := make(chan error, 1)
		go func() { said <- w.Close() }()
		kind, back, err := c.Read(ctx)
		if err := errors.Join(err, <-said); err != nil {
			t.Fatalf("%d bytes: %v", length, err)
		}
		if kind != websocket.MessageBinary || !bytes.Equal(back, message) {
			t.Errorf("%d bytes came back as %d others", length, len(back))
		}
	}
	answered := make(chan error, 1)
	go func() { answered <- c.Ping(ctx) }()
	if err := c.Write(ctx, websocket.MessageText, []byte("close me")); err != nil {
		t.Fatal(err)
	}
	_, _, err := c.Read(ctx)
	var closed websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != 4321 || closed.Reason != "as you say" {
		t.Errorf("closed by %v, want code 4321", err)
	}
	<-answered
}
