package proxy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/poise-dev/poise/proxy/fault"
)

// TestAnAnswerOfTrailersOnlyEndsWithItsHead: a head that is sent before its end
// has no trailers, and callers of gRPC take that for an error of the server's.
func TestAnAnswerOfTrailersOnlyEndsWithItsHead(t *testing.T) {
	address := behind(t, fault.New(fault.Options{}), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Grpc-Status", "5")
	})
	client := h2c(t)
	for range 300 { // once in a while is too often
		answer, err := client.Post("http://"+address+"/pay.Payments/Charge", "application/grpc", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if got := answer.Header.Get("Grpc-Status"); got != "5" {
			t.Fatalf("status %q, want 5", got)
		}
		if body := fmt.Sprintf("%T", answer.Body); !strings.Contains(body, "noBody") { // what the client has when a head ends its stream
			t.Fatalf("the head came without the end of the stream: its body is a %s", body)
		}
	}
}
