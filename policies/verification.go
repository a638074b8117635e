package policies

import "time"

// Mode is how a verification runs.
type Mode string

// The modes of a verification.
const (
	ModeExperiment Mode = "experiment"
	ModeContinuous Mode = "continuous"
	ModeCanary     Mode = "canary"
)

// Verification is a hypothesis tested under policies, for a while or for ever.
type Verification struct {
	Hypothesis string    `yaml:"hypothesis" required:"true" doc:"Name of the Hypothesis."`
	Policies   []string  `yaml:"policies" doc:"Names of the FaultPolicies."`
	Mode       Mode      `yaml:"mode" enum:"experiment,continuous,canary" doc:"experiment (default): baseline, inject, recover, one verdict; continuous: always on, low rate; canary: two populations."`
	Baseline   *Duration `yaml:"baseline" doc:"Objectives must hold this long before the first fault. Default 30s."`
	Duration   *Duration `yaml:"duration" doc:"Longest time with faults. Default 5m; of mode continuous, of one policy at a time, 24h."`
	Recovery   *Duration `yaml:"recovery" doc:"Time back to objective is measured up to this long. Default 30s."`
	Ramp       []Rung    `yaml:"ramp" doc:"Percentages to climb, none above that of the policies; a rung needs the one below it clean."`
	Interval   *Duration `yaml:"interval" doc:"How often evidence is judged. Default 250ms; mode continuous has a fixed clock of 5s."`
	Lease      *Duration `yaml:"lease" doc:"How long a fault outlives the last renewal. Default 3s; of mode continuous 15s."`
	Alpha      *float64  `yaml:"alpha" doc:"Bound on ever halting a true hypothesis in this run. Default 0.01."`
	Beta       *float64  `yaml:"beta" doc:"Bound on calling a false hypothesis upheld. Default 0.05."`
	MinBad     *int      `yaml:"minBad" min:"1" doc:"Bad requests before a breach may be called. Default 3."`
	Canary     *Canary   `yaml:"canary" doc:"The two populations of mode canary."`
	Budget     *Budget   `yaml:"budget" doc:"What mode continuous may spend."`
	Hours      *Hours    `yaml:"hours" doc:"When runs may inject. Default: always; of mode continuous: mon to fri, 09:00 to 17:00."`
	Freeze     []Freeze  `yaml:"freeze" doc:"Days without faults."`
	OnHalt     *OnHalt   `yaml:"onHalt" later:"the timeline" doc:"Who is told."`
}

// Rung is one step of a ramp.
type Rung struct {
	Percentage Percent   `yaml:"percentage" required:"true" doc:"Percentage on this rung."`
	For        *Duration `yaml:"for" doc:"Least time on this rung. The last rung lasts to the end."`
}

// Canary names two populations: by a request or response header of a listener,
// or by two PromQL selectors.
type Canary struct {
	Listener string `yaml:"listener" doc:"Listener the populations pass."`
	By       string `yaml:"by" doc:"header:NAME, response-header:NAME, or promql."`
	Canary   string `yaml:"canary" required:"true" doc:"Value, or selector, of the canary."`
	Baseline string `yaml:"baseline" required:"true" doc:"Value, or selector, of the baseline."`
}

// Budget is what continuous verification may spend of the error budget.
type Budget struct {
	Window  *Duration `yaml:"window" doc:"Window of the error budget. Default 30d."`
	Spend   *Percent  `yaml:"spend" doc:"Percent of the error budget a window may cost. Default 1."`
	Reserve *Percent  `yaml:"reserve" doc:"Percent of the error budget never touched. Default 10."`
	MaxRate *Percent  `yaml:"maxRate" doc:"Highest percentage ever injected. Default 1."`
}

// Hours is when runs may inject.
type Hours struct {
	Timezone string   `yaml:"timezone" doc:"IANA time zone. Default UTC."`
	Days     []string `yaml:"days" enum:"mon,tue,wed,thu,fri,sat,sun" doc:"Days of the week. Default: all."`
	From     string   `yaml:"from" doc:"Time of day, HH:MM. Default 00:00."`
	To       string   `yaml:"to" doc:"Time of day, HH:MM; before from, it is on the next day. Default: midnight."`
}

// Freeze is a time without faults; both days are included.
type Freeze struct {
	From Date   `yaml:"from" required:"true" doc:"First day."`
	To   Date   `yaml:"to" required:"true" doc:"Last day."`
	Why  string `yaml:"why" doc:"Shown wherever the freeze is."`
}

// OnHalt is who is told when a run halts.
type OnHalt struct {
	Webhooks []Webhook `yaml:"webhooks" doc:"Addresses that get a POST."`
}

// Webhook is an address that gets a POST.
type Webhook struct {
	URL string `yaml:"url" required:"true" doc:"Absolute http or https URL."`
}

// Date is a calendar day.
type Date struct{ time.Time }
