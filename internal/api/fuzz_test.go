package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzBodies sends anything anywhere: the answer is never our fault (5xx), and
// always what it says it is.
func FuzzBodies(f *testing.F) {
	targets := []string{
		"PUT /api/v1/leases/payment-slow", "POST /api/v1/halt", "POST /api/v1/resume", "POST /api/v1/explain",
		"PUT /api/v1/documents", "POST /api/v1/timeline", "POST /api/v1/verifications/checkout/runs",
		"DELETE /api/v1/runs/r1", "GET /api/v1/timeline?",
	}
	for i, body := range []string{
		`{"ttl":"30s","reason":"x"}`, `{"reason":"y"}`, `{}`, `{"method":"GET","headers":{"a":["b"]}}`,
		"kind: FaultPolicy", `{"kind":"note","text":"t","at":"2026-01-31T09:00:00Z","data":{"a":1}}`, "", "null", "since=1h&limit=3",
	} {
		f.Add(uint8(i), []byte(body))
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		h := newHouse(t, nil)
		method, target, _ := strings.Cut(targets[int(which)%len(targets)], " ")
		r := request(method, target, string(body))
		if strings.HasSuffix(target, "?") {
			r.URL.RawQuery = string(body)
		}
		r.Header.Set("Content-Type", "application/yaml")
		w := serve(h.api, r)
		if w.Code >= 500 {
			t.Fatalf("%s %s %q: %d %s", method, target, body, w.Code, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %s %q: not JSON: %s", method, target, body, w.Body)
		}
		h.table.Halt(nil)
	})
}

// serve serves one request and returns its answer.
func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
