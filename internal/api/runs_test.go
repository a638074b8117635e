package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAWait(t *testing.T) {
	for _, tt := range []struct {
		name  string
		until func(h *house)
		after time.Duration
		want  string
	}{
		{"ends with the run", func(h *house) { close(h.runs.ended) }, 7 * time.Second, `"verdict":"upheld"`},
		{"ends when poise goes down, with the run as it stands", func(h *house) { h.api.Release() }, 7 * time.Second, `"state":"injecting"`},
		{"ends by itself after a minute", func(*house) {}, time.Minute, `"state":"injecting"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, nil)
				timer := time.AfterFunc(7*time.Second, func() { tt.until(h) })
				defer timer.Stop()
				begin := time.Now()
				w := ask(h.api, "GET", "/api/v1/runs/latest/wait", "")
				if took := time.Since(begin); w.Code != 200 || took != tt.after || !strings.Contains(w.Body.String(), tt.want) {
					t.Errorf("%d after %v: %s; want 200 after %v and %s", w.Code, took, w.Body, tt.after, tt.want)
				}
			})
		})
	}
}

func TestAWaitEndsWhenTheCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		begin := time.Now()
		h.api.ServeHTTP(httptest.NewRecorder(), request("GET", "/api/v1/runs/r1/wait", "").WithContext(ctx))
		if took := time.Since(begin); took != time.Second {
			t.Errorf("waited for %v, though nobody was there after 1s", took)
		}
	})
}
