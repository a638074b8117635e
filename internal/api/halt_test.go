package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
)

func halted(t *testing.T, w *httptest.ResponseRecorder) api.Halted {
	t.Helper()
	var said api.Halted
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return said
}

func TestAHaltAnswersIn100MillisecondsWhenTheRecordHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		ask(h.api, "PUT", put, `{"ttl":"30s"}`)
		released, _ := h.table.Live("payment-slow")
		h.tape.before = hang
		for range 50 { // more than may hang at a time
			begin := time.Now()
			said := halted(t, ask(h.api, "POST", "/api/v1/halt", `{"reason":"pager"}`))
			if took := time.Since(begin); took >= 100*time.Millisecond || said.Recorded || !said.Halted {
				t.Fatalf("after %v: %+v", took, said)
			}
		}
		<-released
		if h.table.Halted() == nil {
			t.Error("not halted")
		}
		if err := h.api.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAHaltIsRecordedEvenWhenTheAnswerDidNotWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.tape.before = func(context.Context) error {
			<-time.NewTimer(time.Second).C
			return nil
		}
		if said := halted(t, ask(h.api, "POST", "/api/v1/halt", "")); said.Recorded {
			t.Error("recorded before it was durable")
		}
		if err := h.api.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := h.tape.kinds(); !slices.Equal(got, []string{journal.KindHalt}) {
			t.Errorf("recorded %q", got)
		}
	})
}

// A halt whose body never comes must not wait for it.
func TestAHaltAnswersWhenItsBodyHangs(t *testing.T) {
	h := newHouse(t, nil)
	server := httptest.NewServer(h.api)
	defer server.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "POST /api/v1/halt HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\n{")
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	head := make([]byte, 15)
	if _, err := io.ReadFull(conn, head); err != nil || string(head) != "HTTP/1.1 200 OK" {
		t.Fatalf("%q %v", head, err)
	}
	if h.table.Halted() == nil {
		t.Error("not halted")
	}
}

func TestAResume(t *testing.T) {
	for _, tt := range []struct {
		name   string
		record func(h *house) func(context.Context) error
		status int
		halted bool
		kinds  []string
	}{
		{"is recorded", func(*house) func(context.Context) error { return nil }, 200, false, []string{"resume"}},
		{"that cannot be recorded leaves poise halted", func(*house) func(context.Context) error {
			return func(context.Context) error { return errors.New("the disk is full") }
		}, 503, true, []string{}},
		{"does not undo a halt that came meanwhile, and the record ends with the halt", func(h *house) func(context.Context) error {
			return func(context.Context) error {
				h.tape.before = nil
				h.table.Halt(errors.New("again"))
				return nil
			}
		}, 409, true, []string{"resume", "halt"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, nil)
			h.table.Halt(errors.New("pager"))
			h.tape.before = tt.record(h)
			w := ask(h.api, "POST", "/api/v1/resume", `{"reason":"all clear"}`)
			if w.Code != tt.status || (h.table.Halted() != nil) != tt.halted {
				t.Errorf("%d %s; halted: %v", w.Code, w.Body, h.table.Halted())
			}
			if got := h.tape.kinds(); !slices.Equal(got, tt.kinds) {
				t.Errorf("recorded %q, want %q", got, tt.kinds)
			}
		})
	}
}

func TestTheRecordKnowsWhyPoiseIsHalted(t *testing.T) {
	h := newHouse(t, nil)
	ask(h.api, "POST", "/api/v1/halt", `{"reason":"checkout  is\n down"}`)
	if on, reason, _ := journal.Halted(h.tape.events); !on || reason != "checkout is down" {
		t.Errorf("halted %v: %q", on, reason)
	}
	if w := ask(h.api, "GET", "/api/v1/status", ""); !strings.Contains(w.Body.String(), `"halted":true,"haltReason":"checkout is down"`) {
		t.Error(w.Body)
	}
	ask(h.api, "POST", "/api/v1/resume", "")
	if on, _, _ := journal.Halted(h.tape.events); on {
		t.Error("still halted after the resume")
	}
}
