package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/lease"
	"github.com/poise-dev/poise/internal/lease/leasetest"
)

// ask serves one request and returns its answer.
func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	return serve(h, request(method, target, body))
}

func TestGrantsByHTTPKeepThePromises(t *testing.T) {
	leasetest.Run(t, func(t *testing.T, table *lease.Table) leasetest.Carrier {
		t.Helper()
		h := newHouse(t, func(o *api.Options) { o.Leases, o.Switch = table, nil })
		do := func(method, target, body string) error {
			if w := ask(h.api, method, target, body); w.Code != http.StatusOK {
				return errors.New(w.Body.String())
			}
			return nil
		}
		return leasetest.Carrier{
			// A grant is on its way while it is recorded.
			Grant: func(ttl time.Duration, meanwhile func()) error {
				h.tape.before = func(context.Context) error {
					h.tape.before = nil
					if meanwhile != nil {
						meanwhile()
					}
					return nil
				}
				return do("PUT", "/api/v1/leases/"+leasetest.Policy, `{"ttl":"`+ttl.String()+`"}`)
			},
			Revoke: func() error { return do("DELETE", "/api/v1/leases/"+leasetest.Policy, "") },
			Halt:   func() error { return do("POST", "/api/v1/halt", "") },
			Resume: func() error { return do("POST", "/api/v1/resume", "") },
		}
	})
}

const put = "/api/v1/leases/payment-slow"

func TestALeaseIsRecordedBeforeItLives(t *testing.T) {
	h := newHouse(t, nil)
	h.tape.before = func(context.Context) error {
		if _, live := h.table.Live("payment-slow"); live {
			t.Error("the lease lives before it is recorded")
		}
		return nil
	}
	if w := ask(h.api, "PUT", put, `{"ttl":"30s","reason":"game day"}`); w.Code != http.StatusOK {
		t.Fatal(w.Body)
	}
	if _, live := h.table.Live("payment-slow"); !live {
		t.Error("the lease does not live")
	}
	if e := h.tape.events[0]; e.Kind != journal.KindLeaseGranted || e.Subject != "payment-slow" || !strings.Contains(e.Text, "game day") {
		t.Errorf("recorded %+v", e)
	}
}

func TestALeaseIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name     string
		change   func(*house)
		status   int
		contains string
	}{
		{"with the reason when it cannot be recorded", func(h *house) {
			h.tape.before = func(context.Context) error { return errors.New("the disk is full") }
		}, 503, "the disk is full"},
		{"when poise is halted, with the reason", func(h *house) { h.table.Halt(errors.New("pager")) }, 409, "pager"},
		{"when a run holds the policy, naming the run", func(h *house) {
			_ = h.table.Renew([]string{"payment-slow"}, "run-7", h.table.Beat(), time.Minute, 0)
		}, 409, "run-7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, nil)
			tt.change(h)
			w := ask(h.api, "PUT", put, `{"ttl":"30s"}`)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.contains) {
				t.Errorf("%d %s, want %d and %q", w.Code, w.Body, tt.status, tt.contains)
			}
			if kinds := h.tape.kinds(); len(kinds) != 0 {
				t.Errorf("recorded %q", kinds)
			}
			for _, l := range h.table.Leases() {
				if l.Run == "" {
					t.Error("the lease was granted")
				}
			}
		})
	}
}

func TestWithoutARecordThereIsNoLease(t *testing.T) {
	h := newHouse(t, func(o *api.Options) { o.Record = nil })
	if w := ask(h.api, "PUT", put, `{"ttl":"30s"}`); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "--data") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, request := range []string{"/api/v1/halt", "/api/v1/resume"} {
		if w := ask(h.api, "POST", request, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"recorded":false`) {
			t.Errorf("%s: %d %s", request, w.Code, w.Body)
		}
	}
	if h.table.Halted() != nil {
		t.Error("still halted")
	}
}

func TestARecordThatHangsRefusesTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.tape.before = hang
		begin := time.Now()
		w := ask(h.api, "PUT", put, `{"ttl":"30s"}`)
		if took := time.Since(begin); w.Code != http.StatusServiceUnavailable || took > 10*time.Second {
			t.Errorf("%d after %v: %s", w.Code, took, w.Body)
		}
	})
}

func TestAGrantRefusedAfterItWasRecordedIsTakenBackInTheRecord(t *testing.T) {
	h := newHouse(t, nil)
	h.tape.before = func(context.Context) error {
		h.tape.before = nil
		h.table.Halt(errors.New("pager"))
		return nil
	}
	if w := ask(h.api, "PUT", put, `{"ttl":"30s"}`); w.Code != http.StatusConflict {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got, want := h.tape.kinds(), []string{journal.KindLeaseGranted, journal.KindLeaseRevoked}; !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
}

func TestALeaseIsShownWhereItLives(t *testing.T) {
	h := newHouse(t, nil)
	ask(h.api, "PUT", put, `{"ttl":"30s"}`)
	for _, target := range []string{"/api/v1/leases", "/api/v1/policies", "/api/v1/status"} {
		if w := ask(h.api, "GET", target, ""); !strings.Contains(w.Body.String(), `{"policy":"payment-slow","until":"`) {
			t.Errorf("%s does not show it: %s", target, w.Body)
		}
	}
	if w := ask(h.api, "DELETE", put, ""); !strings.Contains(w.Body.String(), `"ended":true`) {
		t.Error(w.Body)
	}
	if cause := h.table.Cause("payment-slow"); cause == nil || !strings.Contains(cause.Error(), "a person ended") {
		t.Errorf("cause = %v", cause)
	}
}

// hang is a record that never answers.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}
