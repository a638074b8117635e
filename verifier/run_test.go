package verifier_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/verifier"
)

func TestSecondsAreWrittenAndReadAsSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		41 * time.Second:        `"41.0s"`,
		12 * time.Millisecond:   `"0.012s"`,
		6240 * time.Millisecond: `"6.2s"`,
		90 * time.Minute:        `"5400.0s"`,
	} {
		text, err := json.Marshal(verifier.Seconds(d))
		if err != nil || string(text) != want {
			t.Errorf("%v is written %s, %v; want %s", d, text, err, want)
		}
		var back verifier.Seconds
		if err := json.Unmarshal(text, &back); err != nil || (time.Duration(back)-d).Abs() > 50*time.Millisecond {
			t.Errorf("%s is read as %v, %v", text, back, err)
		}
	}
	var s verifier.Seconds
	if err := json.Unmarshal([]byte(`"soon"`), &s); err == nil {
		t.Error(`"soon" is no duration`)
	}
}

func TestExitCodes(t *testing.T) {
	for verdict, want := range map[verifier.Verdict]int{
		verifier.Upheld: 0, verifier.Breached: 10, verifier.Inconclusive: 11,
		verifier.NotExercised: 12, verifier.Stopped: 13, "": 13,
	} {
		if got := (verifier.Run{Verdict: verdict}).ExitCode(); got != want {
			t.Errorf("%q exits %d, want %d", verdict, got, want)
		}
	}
}

func TestTheShapeOfARun(t *testing.T) {
	at := time.Date(2026, 3, 7, 10, 15, 30, 0, time.UTC)
	run := verifier.Run{
		ID: "r1", Verification: "v", Hypothesis: "h", State: verifier.StateDone, Verdict: verifier.Breached,
		Attribution: verifier.AttributedFault, Reason: "Because.", StartedAt: at, FirstFaultAt: at, DecidedAt: at,
		LastFaultedAt: at, EndedAt: at,
		FaultToDecision: verifier.Seconds(41 * time.Second), DecisionToLastFaulted: verifier.Seconds(12 * time.Millisecond),
		Recovery: verifier.Seconds(6200 * time.Millisecond),
		Arms:     verifier.Arms{Fault: verifier.FaultArm{Tally: verifier.Tally{Requests: 4, Bad: 3}, Delivered: 4}},
		Guards:   []verifier.Guard{{Objective: "availability", Guard: verifier.GuardGlobal, Evidence: 1.5, Interval: [2]float64{0, 1}}},
	}
	want := `{"id":"r1","verification":"v","hypothesis":"h","state":"done","verdict":"breached","attribution":"fault","reason":"Because.","stopReason":"",` +
		`"startedAt":"2026-03-07T10:15:30Z","firstFaultAt":"2026-03-07T10:15:30Z","decidedAt":"2026-03-07T10:15:30Z",` +
		`"lastFaultedAt":"2026-03-07T10:15:30Z","endedAt":"2026-03-07T10:15:30Z",` +
		`"faultToDecision":"41.0s","decisionToLastFaulted":"0.012s","recovery":"6.2s",` +
		`"arms":{"fault":{"requests":4,"bad":3,"delivered":4},"control":{"requests":0,"bad":0},"before":{"requests":0,"bad":0}},` +
		`"guards":[{"objective":"availability","guard":"global","evidence":1.5,"requests":0,"bad":0,"interval":[0,1]}],` +
		`"collateral":{"points":0},"budget":{"spent":0}}`
	got, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
