package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
)

func TestABadDocumentChangesNothingAndIsToldWhere(t *testing.T) {
	good := policy("fault", mild)
	tests := []struct {
		name  string
		put   string
		field string // of the first problem
		words string
	}{
		{"malformed YAML", "apiVersion: poise.dev/v1alpha1\nspec: {percentage: 5", "", "malformed YAML"},
		{"a field nobody knows", strings.Replace(good, "percentage", "percentag", 1), "spec.percentag", "no such field"},
		{"a percentage of 500", strings.Replace(good, "percentage: 50", "percentage: 500", 1), "spec.percentage", "not a percentage"},
		{"a fault nobody knows", strings.Replace(good, "delay", "explode", 1), "spec.fault.explode", "no such field"},
		{"a reference that leads nowhere", belief + trial("try", "nosuch", quick), "spec.policies[0]", `no FaultPolicy named "nosuch"`},
		{"one of several", policy("other", mild) + strings.Replace(good, "percentage: 50", "percentage: 500", 1), "spec.percentage", "not a percentage"},
		{"what comes later", belief + good + trial("try", "fault", "onHalt: {webhooks: [{url: \"http://127.0.0.1:9/hook\"}]}"), "spec.onHalt", "not available yet"},
	}
	w := open(t, data(t), policy("fault", breaking))
	before := w.status(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p api.Problem
			w.call(t, http.StatusBadRequest, "PUT", "/api/v1/documents", tt.put, &p)
			if len(p.Errors) == 0 {
				t.Fatalf("the refusal names no place: %+v", p)
			}
			if e := p.Errors[0]; e.Field != tt.field || e.Line == 0 || !strings.Contains(e.Message, tt.words) {
				t.Errorf("the refusal is %+v, want one of %s: %s", e, tt.field, tt.words)
			}
		})
	}
	if after := w.status(t); text(t, after) != text(t, before) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
	// Changes are recorded in order, and soon: what comes last has all before it.
	w.call(t, http.StatusOK, "PUT", "/api/v1/documents", policy("last", mild), nil)
	var changes []journal.Event
	until(t, "the last change is in the timeline", func() bool {
		changes = w.events(t, journal.KindDocumentChanged)
		return len(changes) > 0 && strings.Contains(changes[len(changes)-1].Text, "last")
	})
	if len(changes) != 3 {
		t.Errorf("the timeline has %d changes, want the first reading, the first put and the last: %+v", len(changes), changes)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFaultsFlowWhileALeaseLives(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), policy("fault", breaking))
	w.crowd(t)
	w.faultless(t)

	w.call(t, http.StatusOK, "PUT", "/api/v1/leases/fault", `{"ttl":"500ms","reason":"a look"}`, nil)
	until(t, "a fault is injected", func() bool { return w.visit(t.Context()) == http.StatusServiceUnavailable })
	until(t, "the lease is over", func() bool { return w.status(t).Policies[0].Lease == nil })
	w.faultless(t)
	until(t, "the end is in the timeline", func() bool { return len(w.events(t, journal.KindLeaseExpired)) == 1 })

	w.call(t, http.StatusOK, "PUT", "/api/v1/leases/fault", `{"ttl":"10m"}`, nil)
	w.call(t, http.StatusOK, "PUT", "/api/v1/leases/fault", `{"ttl":"20m"}`, nil)
	until(t, "a fault is injected again", func() bool { return w.visit(t.Context()) == http.StatusServiceUnavailable })
	w.call(t, http.StatusOK, "DELETE", "/api/v1/leases/fault", "", nil)
	w.faultless(t)
	until(t, "the end is in the timeline", func() bool { return len(w.events(t, journal.KindLeaseRevoked)) == 1 })

	granted := w.events(t, journal.KindLeaseGranted)
	if len(granted) != 3 || granted[0].Source != journal.SourcePerson || !strings.Contains(granted[0].Text, "a look") {
		t.Errorf("the timeline says of leases: %+v", granted)
	}
}

func TestALeaseIsForWhatThereIsAndForAnHourAtMost(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), policy("fault", breaking))
	for body, want := range map[string]int{
		`{"ttl":"61m"}`: http.StatusBadRequest, `{"ttl":"0s"}`: http.StatusBadRequest, `{}`: http.StatusBadRequest, `{"ttl":"1h"}`: http.StatusOK,
	} {
		w.call(t, want, "PUT", "/api/v1/leases/fault", body, nil)
	}
	w.call(t, http.StatusNotFound, "PUT", "/api/v1/leases/nosuch", `{"ttl":"1m"}`, nil)
}

func TestWithoutARecordTrafficFlowsAndNobodyMayInject(t *testing.T) {
	t.Parallel()
	w := open(t, unusable(t), policy("fault", breaking))
	var refused api.Problem
	var ready struct{ Status, Refused string }
	w.call(t, http.StatusServiceUnavailable, "PUT", "/api/v1/leases/fault", `{"ttl":"1m"}`, &refused)
	w.call(t, http.StatusOK, "GET", "/readyz", "", &ready)
	for _, said := range []string{refused.Detail, ready.Refused, w.status(t).Refused} {
		if !strings.Contains(said, "not a directory") {
			t.Errorf("it is not told why: %q", said)
		}
	}
	w.call(t, http.StatusOK, "GET", "/healthz", "", nil)
	w.faultless(t)

	var halted api.Halted
	w.call(t, http.StatusOK, "POST", "/api/v1/halt", `{"reason":"better safe"}`, &halted)
	if !halted.Halted || halted.Recorded {
		t.Errorf("the halt says %+v; it is in no record", halted)
	}
}

func TestAHaltOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	dir := data(t)
	first := open(t, dir, policy("fault", breaking))
	first.call(t, http.StatusOK, "PUT", "/api/v1/leases/fault", `{"ttl":"10m"}`, nil)
	until(t, "a fault is injected", func() bool { return first.visit(t.Context()) == http.StatusServiceUnavailable })
	first.call(t, http.StatusOK, "POST", "/api/v1/halt", `{"reason":"the pager went off"}`, nil)
	first.faultless(t)
	first.down()

	second := open(t, dir, experiment(breaking, quick))
	if s := second.status(t); !s.Halted || s.HaltReason != "the pager went off" {
		t.Errorf("after a restart halted is %v: %q", s.Halted, s.HaltReason)
	}
	second.call(t, http.StatusConflict, "PUT", "/api/v1/leases/fault", `{"ttl":"1m"}`, nil)
	second.call(t, http.StatusConflict, "POST", "/api/v1/verifications/try/runs", "", nil)
	second.faultless(t)

	second.call(t, http.StatusOK, "POST", "/api/v1/resume", `{"reason":"false alarm"}`, nil)
	second.faultless(t) // what was granted before does not live again
	second.call(t, http.StatusOK, "PUT", "/api/v1/leases/fault", `{"ttl":"1m"}`, nil)
	until(t, "a fault is injected", func() bool { return second.visit(t.Context()) == http.StatusServiceUnavailable })
	second.down()

	third := open(t, dir, "")
	if s := third.status(t); s.Halted {
		t.Errorf("the resume is forgotten: %q", s.HaltReason)
	}
}

func TestWhoeverLooksSeesVerdictsAndEvidence(t *testing.T) {
	t.Parallel()
	w := open(t, data(t), experiment(nobodys, "baseline: 0s, duration: 100ms"))
	w.wait(t, w.start(t))
	var metrics string
	w.call(t, http.StatusOK, "GET", "/metrics", "", &metrics)
	for _, want := range []string{
		`poise_verdict{verdict="not-exercised",verification="try"} 1`,
		`poise_verdict{verdict="upheld",verification="try"} 0`,
		`poise_evidence_log10{guard="availability/global",verification="try"} `,
		`poise_lease_remaining_seconds{policy="fault"} 0`,
		`poise_halted 0`,
		`poise_halts_total{reason="operator"} 0`,
		`poise_build_info{`,
	} {
		if !strings.Contains(metrics, "\n"+want) {
			t.Errorf("the metrics do not say %s", want)
		}
	}
}
