package journal

import (
	"encoding/json"
	"time"
)

// Halted folds events, in the order of the record, into whether poise is halted
// by a person, why, and since when. A halt that belongs to a run (a breach)
// ended that run's faults and halts nothing else: it does not count.
func Halted(events []Event) (halted bool, reason string, since time.Time) {
	for _, e := range events {
		switch {
		case e.Run != "":
		case e.Kind == KindHalt:
			halted, reason, since = true, reasonOf(e), e.At
		case e.Kind == KindResume:
			halted, reason, since = false, "", time.Time{}
		}
	}
	return halted, reason, since
}

// HaltQuery selects the events that [Halted] folds.
func HaltQuery() Query { return Query{Kinds: []string{KindHalt, KindResume}} }

// reasonOf returns the reason in the data of e, or else its text.
func reasonOf(e Event) string {
	var data struct {
		Reason string `json:"reason"`
	}
	if json.Unmarshal(e.Data, &data) == nil && data.Reason != "" {
		return data.Reason
	}
	return e.Text
}
