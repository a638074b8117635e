package verifier

import (
	"context"
	"time"

	"github.com/poise-dev/poise/policies"
)

// Plane is the data plane as a run sees it.
type Plane interface {
	// Watch begins to count requests for a run. It fails when a listener or
	// policy does not exist, or when another run watches the same traffic
	// ([ErrBusy]).
	Watch(spec Spec) (Watch, error)
}

// Watch is the data plane's counting for one run.
type Watch interface {
	// Phase tells which population requests that begin now belong to:
	// StateBaseline tosses coins and injects nothing, StateInjecting counts the
	// arms, any other state counts neither.
	Phase(state State)
	// Share sets the share of eligible requests, in [0,1], that every policy of
	// the run draws from now on, in place of its own. It is never above that.
	Share(share float64)
	// Read returns exact cumulative counts since the watch began. Requests in
	// flight that are older than an objective's latency are bad already.
	Read(ctx context.Context) (Counts, error)
	// Close ends the watch.
	Close()
}

// Leases is the permission to inject.
type Leases interface {
	// Beat returns the present instant on the lease clock, which goes on while
	// the machine is suspended.
	Beat() time.Duration
	// Renew lets the policies inject until beat + ttl, on behalf of run, each so
	// many faults: 0 is no bound, a negative number none. It is an error when poise
	// is halted or somebody else holds a policy.
	Renew(policies []string, run string, beat, ttl time.Duration, faults int64) error
	// Revoke ends what run holds, at once: sleeping requests wake. The cause is
	// the reason people read.
	Revoke(run string, cause error)
}

// Recorder makes what happened durable.
type Recorder interface {
	// Event returns when e is durable, with its id.
	Event(ctx context.Context, e Event) (id string, err error)
	// Tick returns when the counts of one judgement are durable.
	Tick(ctx context.Context, run string, t Tick) error
}

// Event is something that happened, in the words people read.
type Event struct {
	At      time.Time // when it happened; zero: now
	Kind    string    // of CONTRACT: "run.started", "decision", …
	Subject string    // what it happened to: a policy, a verification
	Run     string
	Text    string   // one sentence
	Data    any      // marshalled to JSON
	Because []string // ids of the events that led to it
}

// Tally counts requests.
type Tally struct {
	Requests uint64 `json:"requests"`
	Bad      uint64 `json:"bad"`
}

// Counts is everything a run has counted since its watch began. All numbers are
// cumulative and exact.
type Counts struct {
	At time.Time `json:"at"`
	// Objectives are in the order of the Spec.
	Objectives []ObjectiveCounts `json:"objectives"`
	// Begun counts the requests that came in and some objective counts, whether
	// or not they have ended: the traffic there is.
	Begun uint64 `json:"begun,omitempty"`
	// Fault, Control and Before count requests by population; bad ones are bad
	// by at least one objective that decides.
	Fault   Tally `json:"fault"`
	Control Tally `json:"control"`
	Before  Tally `json:"before"`
	// BeforeDrawn are those of Before whose coin fell on fault: with the
	// percentage, an A/A test of the split.
	BeforeDrawn uint64 `json:"beforeDrawn"`
	// Offered counts requests when they were offered to the coin of the arms, and
	// Drawn those it fell on, whatever became of them: the test of the split
	// while faults flow. Completed requests could not test it, because a delayed
	// one completes later. Offered 0: the plane does not tell.
	Offered uint64 `json:"offered,omitempty"`
	Drawn   uint64 `json:"drawn,omitempty"`
	// Delivered counts requests whose fault was applied in full, Released those
	// let go before its end (they are in neither arm).
	Delivered uint64 `json:"delivered"`
	Released  uint64 `json:"released"`
	// Held counts what was held back before the coin, by reason.
	Held map[string]uint64 `json:"held,omitempty"`
	// Active is the number of faults in progress.
	Active int `json:"active"`
	// FirstFault is when the first fault began, LastFault when the last one
	// ended (or now, while one is active). Zero: none yet.
	FirstFault time.Time `json:"firstFault,omitzero"`
	LastFault  time.Time `json:"lastFault,omitzero"`
	// Followed and Unfollowed count matching calls that could, and could not, be
	// tied to a request at the edge. Both are 0 when promise and fault are on
	// the same listener.
	Followed   uint64 `json:"followed,omitempty"`
	Unfollowed uint64 `json:"unfollowed,omitempty"`
	// DelaySum is the delay really added to delivered requests, in total.
	DelaySum time.Duration `json:"delaySum,omitempty"`
}

// ObjectiveCounts is what one objective has counted.
type ObjectiveCounts struct {
	// All is every request the objective matches, of any population.
	All     Tally `json:"all"`
	Fault   Tally `json:"fault"`
	Control Tally `json:"control"`
	Before  Tally `json:"before"`
	// Pending are requests of the fault arm that are in flight and neither good
	// nor bad yet.
	Pending uint64 `json:"pending,omitempty"`
}

// Spec is a verification ready to run: names resolved, defaults filled in. It
// is recorded when the run starts, and enough to judge the record again.
type Spec struct {
	Run          string          `json:"run"`
	Verification string          `json:"verification"`
	Hypothesis   string          `json:"hypothesis"`
	Belief       string          `json:"belief"`
	Why          string          `json:"why,omitempty"`
	Owner        string          `json:"owner,omitempty"`
	Objectives   []ObjectiveSpec `json:"objectives"`
	Policies     []PolicySpec    `json:"policies"`
	// Ramp are the shares to climb, in place of the policies' own; empty: those.
	Ramp     []Rung        `json:"ramp,omitempty"`
	Baseline time.Duration `json:"baseline"`
	Duration time.Duration `json:"duration"`
	Recovery time.Duration `json:"recovery"`
	Interval time.Duration `json:"interval"`
	Lease    time.Duration `json:"lease"`
	Alpha    float64       `json:"alpha"`
	Beta     float64       `json:"beta"`
	MinBad   uint64        `json:"minBad"`
	// Canary names the populations that are compared in place of the arms; empty:
	// it is no canary. Populations are what the data plane tells them apart by.
	Canary      string                `json:"canary,omitempty"`
	Populations *policies.Populations `json:"-"`
	// Continuous: the run is one of many that nobody starts, which all together
	// halt a true belief with a probability of at most alpha in 28 days.
	Continuous bool `json:"continuous,omitempty"`
	// Budget is what the run may cost; nil: nothing bounds it.
	Budget *BudgetSpec `json:"spendable,omitempty"`
	// Closed says why no fault may flow at an instant; empty: one may. Nil: it
	// always may. It is not recorded: what it said is, with every tick.
	Closed func(at time.Time) string `json:"-"`
}

// ObjectiveSpec is one objective of a Spec. Rates are ratios in [0,1].
type ObjectiveSpec struct {
	Name     string `json:"name"`
	Listener string `json:"listener"`
	// Promise is the objective in words: "99.5% good (status <500)".
	Promise   string  `json:"promise"`
	Allowed   float64 `json:"allowed"`   // bad rate allowed over all requests: 1 - target
	Tolerance float64 `json:"tolerance"` // bad rate tolerated in the fault arm
	// Ratio and Margin bound the bad rate of the fault arm by that of control:
	// Ratio × control + Margin. Ratio 0: they are not compared.
	Ratio    float64       `json:"ratio,omitempty"`
	Margin   float64       `json:"margin,omitempty"`
	Latency  time.Duration `json:"latency,omitempty"`
	Advisory bool          `json:"advisory,omitempty"`
	// Compiled is the objective the data plane counts with. It is not recorded.
	Compiled *policies.Promise `json:"-"`
}

// BudgetSpec is what a run may cost of the error budget. Shares are in [0,1].
type BudgetSpec struct {
	Window  time.Duration `json:"window"`  // of the error budget
	Spend   float64       `json:"spend"`   // of the budget that a window may cost
	Reserve float64       `json:"reserve"` // of the budget that is never touched
	// Spent is what earlier runs have cost in this window, in bad requests.
	Spent float64 `json:"spent,omitempty"`
}

// Rung is one step of a ramp.
type Rung struct {
	Share float64 `json:"share"` // of eligible requests, in [0,1]
	// For is the least time on the rung. The last one lasts to the end.
	For time.Duration `json:"for,omitempty"`
}

// PolicySpec is one policy of a Spec.
type PolicySpec struct {
	Name     string        `json:"name"`
	Listener string        `json:"listener"`          // empty: every listener
	Share    float64       `json:"share"`             // of eligible requests, in [0,1]
	Fault    string        `json:"fault"`             // in words: "delay 400ms"
	Longest  time.Duration `json:"longest,omitempty"` // longest delay it can add, 0: no delay or unbounded
	Delay    time.Duration `json:"delay,omitempty"`   // typical delay it asks for, 0: none
	// Aborts: it answers in place of the upstream, or breaks the connection.
	Aborts bool `json:"aborts,omitempty"`
	// Expires is the policy's own end; zero: none.
	Expires time.Time `json:"expires,omitzero"`
	Sticky  bool      `json:"sticky,omitempty"` // assigned by a key, not by a coin for each request
}

// Tick is one judgement's input, as recorded. The ticks of a run, in order,
// are enough to judge it again.
type Tick struct {
	Seq int       `json:"seq"` // from 1, without gaps
	At  time.Time `json:"at"`
	// Elapsed is the time since the run started, and Age how old the counts are,
	// both on a clock that nobody sets: what is judged by time is judged by them.
	Elapsed time.Duration `json:"elapsed"`
	Age     time.Duration `json:"age"`
	State   State         `json:"state"` // of the run, before it was judged
	// Closed is why no fault may flow at this hour; empty: one may.
	Closed string `json:"closed,omitempty"`
	Counts Counts `json:"counts"`
	// Stop is set when somebody outside ends the run.
	Stop *Stop `json:"stop,omitempty"`
}

// Stop is why somebody outside ends a run.
type Stop struct {
	Reason string `json:"reason"` // a stop reason of CONTRACT, such as StopOperator
	Text   string `json:"text"`   // one sentence
}

// Error returns the sentence: a Stop is the cause a run's context ends with.
func (s *Stop) Error() string { return s.Text }
