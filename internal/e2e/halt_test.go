//go:build e2e && linux

package e2e_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/api"
)

// haltLimit is how long a halt may take to be answered, whatever the data plane
// is doing.
const haltLimit = 100 * time.Millisecond

func TestAHaltAnswersWhileHundredsAreHeldAndTheUpstreamIsSilent(t *testing.T) {
	p := serve(t, "poise", "run", upstream(t).URL, "-f", document(t, guarded), "--data", filepath.Join(t.TempDir(), "data"))
	people := gather(t, p)
	p.call(t, http.StatusOK, "PUT", "/api/v1/leases/waits", `{"ttl":"10m"}`, nil)
	people.once("/waits", 400)
	people.once("/waits/never", 100)
	people.once("/never", 100)
	until(t, "500 requests are delayed", func() bool { return p.policy(t, "waits").Active == 500 })

	var halted api.Halted
	began := time.Now()
	took := within(func() { p.call(t, http.StatusOK, "POST", "/api/v1/halt", `{"reason":"the pager went off"}`, &halted) })
	if !halted.Halted || took > haltLimit {
		t.Errorf("the halt says %+v, after %v", halted, took)
	}
	until(t, "everybody who can be is served", func() bool { return len(people.seen("/waits")) == 400 })
	last := time.Duration(0)
	for _, v := range people.seen("/waits") {
		last = max(last, v.ended.Sub(began))
		if v.status != 200 {
			t.Errorf("a delayed request is answered %d", v.status)
		}
	}
	if policy := p.policy(t, "waits"); policy.Active != 0 || policy.Lease != nil {
		t.Errorf("after the halt there is %+v", policy)
	}
	t.Logf("the halt was answered after %v; the last of 400 delayed requests was served %v after it was sent", took, last)

	for range 3 {
		if again := within(func() { p.call(t, http.StatusOK, "POST", "/api/v1/halt", "", nil) }); again > haltLimit {
			t.Errorf("another halt was answered after %v", again)
		}
	}
}

// within runs f and returns how long it took.
func within(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}
