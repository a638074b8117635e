package journal

import (
	"encoding/json"
	"strconv"
	"time"
)

// Event is one thing that happened, in the shape the timeline shows it.
type Event struct {
	// Seq counts from 1 without gaps, in the order events were recorded.
	Seq uint64 `json:"seq"`
	// ID is "e" and Seq ("e12"): the word stories and Because use for the event.
	// It is unique within one record; order comes from Seq.
	ID string `json:"id"`
	// At is when it happened, KnownAt when it was learned: a note about this
	// morning may be written in the evening.
	At      time.Time `json:"at"`
	KnownAt time.Time `json:"knownAt"`
	// Source is who said so: "verifier", "proxy", "person", …
	Source string `json:"source"`
	// Kind is one of the Kind constants.
	Kind string `json:"kind"`
	// Subject is what it happened to: a policy, a verification, a document.
	Subject string `json:"subject"`
	// Run is the run it belongs to; empty: none, or all of them.
	Run string `json:"run"`
	// Text is one sentence for people.
	Text string `json:"text"`
	// Data is what Kind defines, as JSON; nil: nothing.
	Data json.RawMessage `json:"data"`
	// Because are the ids of the events that led to this one.
	Because []string `json:"because"`
	// PrevHash is the hash of the event before; empty on the first.
	PrevHash string `json:"prevHash"`
	Hash     string `json:"hash"`

	// TextDigest and DataDigest are set only when text or data were deleted:
	// what the chain remembers of them.
	TextDigest string `json:"textDigest,omitempty"`
	DataDigest string `json:"dataDigest,omitempty"`
}

// The kinds of event.
const (
	KindRunStarted      = "run.started"
	KindBaselineHeld    = "baseline.held"
	KindPolicyArmed     = "policy.armed"
	KindFaultFirst      = "fault.first"
	KindFaultLast       = "fault.last"
	KindEvidenceFrozen  = "evidence.frozen"
	KindDecision        = "decision"
	KindHalt            = "halt"
	KindRecovered       = "recovered"
	KindRunEnded        = "run.ended"
	KindLeaseGranted    = "lease.granted"
	KindLeaseExpired    = "lease.expired"
	KindLeaseRevoked    = "lease.revoked"
	KindDocumentChanged = "document.changed"
	KindSourceStale     = "source.stale"
	KindSourceBack      = "source.back"
	KindDeploy          = "deploy"
	KindAlert           = "alert"
	KindNote            = "note"
	KindResume          = "resume"
	KindClientNack      = "client.nack"
	KindStarted         = "started"
	KindStopped         = "stopped"
)

// Sources that poise itself writes. Others may be used.
const (
	SourcePoise    = "poise"
	SourceVerifier = "verifier"
	SourceProxy    = "proxy"
	SourcePerson   = "person"
)

// UnmarshalJSON reads an event; data that is null is no data.
func (e *Event) UnmarshalJSON(text []byte) error {
	type plain Event
	if err := json.Unmarshal(text, (*plain)(e)); err != nil {
		return err
	}
	if string(e.Data) == "null" {
		e.Data = nil
	}
	return nil
}

// idOf names the event with the given seq.
func idOf(seq uint64) string { return "e" + strconv.FormatUint(seq, 10) }
