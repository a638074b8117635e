package policies_test

import (
	"testing"

	"github.com/poise-dev/poise/policies"
)

// obedient is a policy that obeys Envoy's headers.
func obedient(more string) string {
	return document("FaultPolicy", "p", "headerControl: true\n"+more)
}

// asking is a request with these header fields.
func asking(fields ...string) *policies.Request {
	h := policies.FieldMap{}
	for i := 0; i < len(fields); i += 2 {
		h[fields[i]] = append(h[fields[i]], fields[i+1])
	}
	return &policies.Request{Method: "GET", Path: "/", Fields: h}
}

const (
	askDelay         = "X-Envoy-Fault-Delay-Request"
	askDelayShare    = "X-Envoy-Fault-Delay-Request-Percentage"
	askAbort         = "X-Envoy-Fault-Abort-Request"
	askAbortGRPC     = "X-Envoy-Fault-Abort-Grpc-Request"
	askAbortShare    = "X-Envoy-Fault-Abort-Request-Percentage"
	askThrottle      = "X-Envoy-Fault-Throughput-Response"
	askThrottleShare = "X-Envoy-Fault-Throughput-Response-Percentage"
)

func TestARequestMeetsWhatItsHeadersAskFor(t *testing.T) {
	for name, tc := range map[string]struct {
		fields []string
		grpc   bool
		want   string // empty: no fault, and the policy does not mean the request
	}{
		"nothing":                         {want: ""},
		"a delay in milliseconds":         {fields: []string{askDelay, "150"}, want: "delay 150ms"},
		"a delay of none":                 {fields: []string{askDelay, "0"}},
		"a delay that is no number":       {fields: []string{askDelay, "150ms"}},
		"a delay before the request":      {fields: []string{askDelay, "-1"}},
		"the first delay of two":          {fields: []string{askDelay, "10", askDelay, "20"}, want: "delay 10ms"},
		"a first delay that is malformed": {fields: []string{askDelay, "x", askDelay, "20"}},
		"an abort":                        {fields: []string{askAbort, "503"}, want: "abort 503"},
		"an abort below 200":              {fields: []string{askAbort, "199"}},
		"an abort above 599":              {fields: []string{askAbort, "600"}},
		"a gRPC abort":                    {fields: []string{askAbortGRPC, "14"}, grpc: true, want: "abort gRPC UNAVAILABLE"},
		"a gRPC status there is not":      {fields: []string{askAbortGRPC, "17"}, grpc: true},
		"HTTP beats gRPC":                 {fields: []string{askAbortGRPC, "14", askAbort, "500"}, grpc: true, want: "abort 500"},
		"gRPC beats what is malformed":    {fields: []string{askAbortGRPC, "14", askAbort, "1"}, grpc: true, want: "abort gRPC UNAVAILABLE"},
		"a throughput in KiB a second":    {fields: []string{askThrottle, "64"}, want: "throttle download to 64KiB/s"},
		"a throughput of none":            {fields: []string{askThrottle, "0"}},
		"all":                             {fields: []string{askThrottle, "1", askAbort, "404", askDelay, "7"}, want: "delay 7ms, then throttle download to 1KiB/s, then abort 404"},
		"a percentage alone":              {fields: []string{askDelayShare, "50"}},
	} {
		t.Run(name, func(t *testing.T) {
			set := compile(t, obedient(""))
			r := asking(tc.fields...)
			r.GRPC = tc.grpc
			var d policies.Decision
			set.Decide(r, always{}, &d)
			got := ""
			if d.Fault != nil {
				got = d.Fault.String()
			}
			if got != tc.want || set.Policies()[0].Matches(r) != (tc.want != "") {
				t.Errorf("it meets %q, want %q", got, tc.want)
			}
		})
	}
}

func TestWhatHeadersAskForIsAnsweredInEnvoysWords(t *testing.T) {
	var d policies.Decision
	compile(t, obedient("")).Decide(asking(askAbort, "503"), always{}, &d)
	if a := d.Fault.Abort; a.Body != "fault filter abort" || a.ContentType != "text/plain" {
		t.Errorf("abort %+v", a)
	}
	r := asking(askAbortGRPC, "14")
	r.GRPC = true
	compile(t, obedient("")).Decide(r, always{}, &d)
	if a := d.Fault.Abort; a.GRPCMessage != "fault filter abort" {
		t.Errorf("abort %+v", a)
	}
}

func TestAHeaderPercentageIsCappedByThePolicy(t *testing.T) {
	for name, tc := range map[string]struct {
		policy string
		fields []string
		coin   uint32 // in percent
		want   string
	}{
		"below the policy's, that of the header counts": {"percentage: 50", []string{askDelay, "1", askDelayShare, "10"}, 9, "delay 1ms"},
		"and no more": {"percentage: 50", []string{askDelay, "1", askDelayShare, "10"}, 10, ""},
		"above the policy's, that of the policy counts": {"percentage: 50", []string{askDelay, "1", askDelayShare, "90"}, 50, ""},
		"without one, that of the policy counts":        {"percentage: 50", []string{askAbort, "503"}, 49, "abort 503"},
		"a malformed one is none":                       {"percentage: 50", []string{askAbort, "503", askAbortShare, "1.5"}, 49, "abort 503"},
		"a policy without a percentage does not cap":    {"", []string{askThrottle, "1", askThrottleShare, "90"}, 89, "throttle download to 1KiB/s"},
		"none":                                  {"", []string{askThrottle, "1", askThrottleShare, "0"}, 0, ""},
		"more than all is all":                  {"", []string{askDelay, "1", askDelayShare, "1000"}, 99, "delay 1ms"},
		"each part has a percentage of its own": {"", []string{askDelay, "1", askDelayShare, "10", askAbort, "503", askAbortShare, "60"}, 50, "abort 503"},
		"without headers the policy's own fault counts":    {"percentage: 50\nfault: {delay: {fixed: 9s}}", nil, 49, "delay 9s"},
		"with headers the policy's own fault does not":     {"percentage: 50\nfault: {delay: {fixed: 9s}}", []string{askAbort, "503"}, 49, "abort 503"},
		"malformed headers leave the policy its own fault": {"percentage: 50\nfault: {delay: {fixed: 9s}}", []string{askAbort, "x"}, 49, "delay 9s"},
	} {
		t.Run(name, func(t *testing.T) {
			set := compile(t, obedient(tc.policy))
			m := moment{coin: map[string]uint32{"p": tc.coin * (policies.Whole / 100)}}
			var d policies.Decision
			set.Decide(asking(tc.fields...), &m, &d)
			got := ""
			if d.Fault != nil {
				got = d.Fault.String()
			}
			if got != tc.want {
				t.Errorf("it meets %q, want %q", got, tc.want)
			}
			if arm := policies.ArmControl; tc.want == "" && d.Arm != arm {
				t.Errorf("arm %s, want %s", d.Arm, arm)
			}
		})
	}
}

func TestAnExplanationOfWhatHeadersAskFor(t *testing.T) {
	set := compile(t, obedient("percentage: 5"))
	for _, tc := range []struct {
		r    *policies.Request
		want string
	}{
		{asking(askAbort, "503"), "every request matches; with a chance of 5% at most it meets what it asks for: abort 503"},
		{asking(), "the request asks for no fault by x-envoy-fault-* headers"},
		{asking(askAbortGRPC, "14"), "every request matches; abort gRPC UNAVAILABLE needs a gRPC request"},
	} {
		if got := set.Explain(tc.r).Why[0].Why; got != tc.want {
			t.Errorf("it is explained: %s\nwant: %s", got, tc.want)
		}
	}
	first := compile(t, document("FaultPolicy", "p", "failFirst: 2\nfault: {abort: {status: 503}}"))
	if got := first.Explain(asking()).Why[0].Why; got != "every request matches; the first 2 of such requests meet: abort 503" {
		t.Errorf("it is explained: %s", got)
	}
	socket := compile(t, document("FaultPolicy", "p", "percentage: 1\nfault: {websocket: {dropEvery: 2}}"))
	if got := socket.Explain(asking()).Why[0].Why; got != "every request matches; drop one websocket message in 2 needs a websocket" {
		t.Errorf("it is explained: %s", got)
	}
}

func TestAFaultThatTossesNoCoinCannotBeVerified(t *testing.T) {
	for spec, want := range map[string]string{
		"failFirst: 2\nfault: {abort: {status: 503}}": `spec.policies[0]: "p" says failFirst: it tosses no coin, so there are no arms to compare (write percentage in its place)`,
		"headerControl: true":                         `spec.policies[0]: "p" says headerControl: its requests choose their fault, so there are no arms to compare (remove headerControl)`,
	} {
		documents := parse(t, document("FaultPolicy", "p", spec)+document("Hypothesis", "h", belief)+document("Verification", "v", "{hypothesis: h, policies: [p]}"))
		_, err := policies.Compile(documents)
		if err == nil || !contains(err.Error(), want) {
			t.Errorf("Compile: %v, want %s", err, want)
		}
	}
}
