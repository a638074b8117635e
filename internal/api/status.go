package api

import (
	"net/http"
	"slices"
	"time"

	"github.com/poise-dev/poise/internal/lease"
	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/verifier"
)

// Status is what GET /api/v1/status answers.
type Status struct {
	Role      string     `json:"role"`
	Version   string     `json:"version"`
	Listeners []Listener `json:"listeners"`
	Policies  []Policy   `json:"policies"`
	// Runs are those of a process that verifies, the newest first.
	Runs       []verifier.Run `json:"runs,omitzero"`
	Halted     bool           `json:"halted"`
	HaltReason string         `json:"haltReason,omitempty"`
	// Refused is why no lease is granted, such as a full disk; empty: nothing is
	// in the way.
	Refused string `json:"refused,omitempty"`
}

// Listener is a listener, as status shows it.
type Listener struct {
	Name     string `json:"name"`
	Address  string `json:"address"`
	Upstream string `json:"upstream,omitempty"`
}

// Policy is a policy in force.
type Policy struct {
	Name       string           `json:"name"`
	Listener   string           `json:"listener,omitempty"` // empty: every listener
	Percentage policies.Percent `json:"percentage"`
	Fault      string           `json:"fault"` // in words: "delay 400ms"
	Arms       Arms             `json:"arms"`
	// Active is the number of faults in progress.
	Active int64 `json:"active"`
	// Lease is the live lease; nil: none, and no fault.
	Lease *Lease `json:"lease,omitempty"`
}

// Arms counts the requests of a policy under a live lease.
type Arms struct {
	Fault   uint64 `json:"fault"`
	Control uint64 `json:"control"`
}

// Lease is a live lease.
type Lease struct {
	Policy string `json:"policy"`
	// Run holds the lease; empty: a person.
	Run string `json:"run,omitempty"`
	// TTL is what was asked for, in the answer to whoever asked.
	TTL policies.Duration `json:"ttl,omitempty"`
	// Until and Remaining tell its end; absent: it is a standing lease.
	Until     time.Time         `json:"until,omitzero"`
	Remaining policies.Duration `json:"remaining,omitempty"`
	// Faults is how many faults are left of a bounded number, -1: none.
	Faults int64 `json:"faults,omitempty"`
}

// leaseOf shows a lease as of now.
func leaseOf(l lease.Lease, now time.Time) Lease {
	shown := Lease{Policy: l.Policy, Run: l.Run, Faults: l.Faults}
	if l.Left < lease.Forever {
		shown.Until = now.Add(l.Left).UTC()
		shown.Remaining = policies.Duration(l.Left)
	}
	return shown
}

// observe adds what everybody may see.
func observe(mux *http.ServeMux, o Options) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, "application/json", map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		said := map[string]string{"status": "ready"}
		if o.Refuses != nil {
			if err := o.Refuses(); err != nil {
				said["refused"] = "no lease is granted: " + err.Error()
			}
		}
		write(w, http.StatusOK, "application/json", said)
	})
	if o.Metrics != nil {
		mux.Handle("GET /metrics", o.Metrics)
	}
}

func (a *API) status(_ http.ResponseWriter, r *http.Request) (answer, error) {
	s := Status{Role: a.Role, Version: a.Version, Listeners: list(a.Listeners()), Policies: a.withLeases()}
	if cause := a.Switch.Halted(); cause != nil {
		s.Halted, s.HaltReason = true, cause.Error()
	}
	if a.Refuses != nil {
		if err := a.Refuses(); err != nil {
			s.Refused = err.Error()
		}
	}
	if a.Verification != nil {
		var err error
		if s.Runs, err = a.Verification.Runs.List(r.Context()); err != nil {
			s.Refused = err.Error() // status is what people look at in trouble
		}
	}
	return ok(s)
}

func (a *API) policies(http.ResponseWriter, *http.Request) (answer, error) {
	return ok(map[string]any{"policies": a.withLeases()})
}

// withLeases returns the policies in force, each with its lease.
func (a *API) withLeases() []Policy {
	now, live := time.Now(), map[string]*Lease{}
	for _, l := range a.Leases.Leases() {
		shown := leaseOf(l, now)
		live[l.Policy] = &shown
	}
	all := list(slices.Clone(a.Policies()))
	for i := range all {
		all[i].Lease = live[all[i].Name]
	}
	return all
}

// list returns s, or an empty slice: an absent list is written [], not null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
