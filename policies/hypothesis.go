package policies

// Hypothesis is the belief: objectives that stay true while a fault is active.
type Hypothesis struct {
	Belief     string      `yaml:"belief" required:"true" doc:"What we believe, in words for people."`
	Why        string      `yaml:"why" doc:"The mechanism we trust."`
	Owner      string      `yaml:"owner" doc:"Who holds the belief."`
	Objectives []Objective `yaml:"objectives" required:"true" doc:"What must stay true."`
	Comparison *Comparison `yaml:"comparison" doc:"Fault arm (or canary) against control (or baseline)."`
}

// Objective is one thing that must stay true. It is counted request by request
// (Good), or read from a series (PromQL, GoodQuery and TotalQuery).
type Objective struct {
	Name       string      `yaml:"name" required:"true" doc:"Name of the objective, unique in the hypothesis."`
	Listener   string      `yaml:"listener" doc:"Listener it is measured at: the edge the caller sees. May be left out where there is only one."`
	Match      []Condition `yaml:"match" doc:"Requests that count. Default: every request."`
	Exclude    []Condition `yaml:"exclude" doc:"Requests that do not count; wins over match."`
	Good       *Good       `yaml:"good" doc:"What makes a request good."`
	Target     *Percent    `yaml:"target" doc:"Percent good, over all matching requests."`
	Tolerance  *Percent    `yaml:"tolerance" doc:"Percent bad tolerated among the requests that met the fault. Default 100 - target."`
	PromQL     string      `yaml:"promql" later:"the verifier" doc:"A query that yields one number."`
	Condition  string      `yaml:"condition" later:"the verifier" doc:"Comparison that promql must meet, such as \">= 10\"."`
	For        *Duration   `yaml:"for" later:"the verifier" doc:"How long the condition may be false."`
	GoodQuery  string      `yaml:"goodQuery" later:"the verifier" doc:"Counter of good events."`
	TotalQuery string      `yaml:"totalQuery" later:"the verifier" doc:"Counter of all events."`
	Advisory   bool        `yaml:"advisory" doc:"true: shown, never decides."`
}

// Good says which requests are good. All that is set must hold. A request
// without a status, with a cut body, or whose caller left is never good.
type Good struct {
	Status  *StatusSet `yaml:"status" doc:"Statuses that are good: \"<500\", or a list of codes and classes."`
	GRPC    []GRPCCode `yaml:"grpc" doc:"gRPC statuses that are good."`
	Latency *Duration  `yaml:"latency" doc:"Answered, successfully, within this time: request head to last response byte (streams and upgrades: to the response head)."`
}

// Comparison is the margin tolerated between the arms: bad rate of the fault
// arm at most Ratio × that of control + Margin.
type Comparison struct {
	Ratio  *float64 `yaml:"ratio" doc:"Tolerated factor M. Default 1.25."`
	Margin *Percent `yaml:"margin" doc:"Tolerated difference D in percentage points. Default, for each objective: half of what it tolerates."`
}
