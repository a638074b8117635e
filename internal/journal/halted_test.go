package journal_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/journal"
)

func TestHalted(t *testing.T) {
	halt := journal.Event{Kind: journal.KindHalt, At: noon(), Text: "Ana halted everything.", Data: json.RawMessage(`{"reason":"release day"}`)}
	later := journal.Event{Kind: journal.KindHalt, At: noon().Add(time.Hour), Text: "Bo halted everything."}
	resume := journal.Event{Kind: journal.KindResume, At: noon().Add(time.Minute)}
	ofRun := journal.Event{Kind: journal.KindHalt, At: noon(), Run: "r1", Text: "breached"}
	tests := []struct {
		name   string
		events []journal.Event
		halted bool
		reason string
		since  time.Time
	}{
		{"nothing happened yet", nil, false, "", time.Time{}},
		{"a halt lasts", []journal.Event{halt, {Kind: journal.KindStarted}}, true, "release day", noon()},
		{"until somebody resumes", []journal.Event{halt, resume}, false, "", time.Time{}},
		{"a later halt gives its own reason", []journal.Event{halt, resume, later}, true, "Bo halted everything.", noon().Add(time.Hour)},
		{"the breach of one run halts nothing else", []journal.Event{ofRun}, false, "", time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			halted, reason, since := journal.Halted(tt.events)
			if halted != tt.halted || reason != tt.reason || !since.Equal(tt.since) {
				t.Errorf("got %v %q %v, want %v %q %v", halted, reason, since, tt.halted, tt.reason, tt.since)
			}
		})
	}
}
