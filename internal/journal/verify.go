package journal

import (
	"fmt"
	"iter"
)

// Break is what is wrong with a chain.
type Break string

// The ways a chain breaks.
const (
	// Edited: the event does not match its own hash.
	Edited Break = "edited"
	// Replaced: the event matches its hash, and the one after it was chained to
	// another.
	Replaced Break = "replaced"
	// Missing: events between this one and the one before are not there.
	Missing Break = "missing"
	// Reordered: the event stands after one with the same or a higher seq.
	Reordered Break = "reordered"
	// Truncated: events known from elsewhere are not there.
	Truncated Break = "truncated"
	// Unreadable: what stands in the place of the event is no event.
	Unreadable Break = "unreadable"
)

// BrokenError locates the first broken event of a chain.
type BrokenError struct {
	Seq   uint64 // the event that is wrong, or the first that is missing
	Break Break
	Why   string
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("the record is broken at event %d: %s: %s", e.Seq, e.Break, e.Why)
}

// Verify reads a whole chain from its first event and returns the place of the
// last. It stops at the first break with a [*BrokenError].
//
// A chain cut off at its end is still a chain: only somebody who remembers a
// later place can tell. That is known, which is the zero Mark when nobody does.
func Verify(events iter.Seq2[Event, error], known Mark) (Mark, error) {
	var c Checker
	for e, err := range events {
		if err != nil {
			return c.Mark(), err
		}
		if err := c.Next(e); err != nil {
			return c.Mark(), err
		}
		if e.Seq == known.Seq && e.Hash != known.Hash {
			return c.Mark(), &BrokenError{Seq: e.Seq, Break: Replaced, Why: "its hash is not the one that was known"}
		}
	}
	if last := c.Mark(); last.Seq < known.Seq {
		return last, &BrokenError{Seq: last.Seq + 1, Break: Truncated, Why: fmt.Sprintf("the record ends at %d and was known to reach %d", last.Seq, known.Seq)}
	}
	return c.Mark(), nil
}

// Checker verifies a chain one event at a time. The zero Checker stands before
// the first event.
type Checker struct{ at Mark }

// Mark returns the place of the last event that was accepted.
func (c *Checker) Mark() Mark { return c.at }

// Next accepts e as the following event, or returns a [*BrokenError].
func (c *Checker) Next(e Event) error {
	want := c.at.Seq + 1
	switch {
	case e.Seq > want:
		return &BrokenError{Seq: want, Break: Missing, Why: fmt.Sprintf("event %d follows event %d", e.Seq, c.at.Seq)}
	case e.Seq < want:
		return &BrokenError{Seq: e.Seq, Break: Reordered, Why: fmt.Sprintf("it stands after event %d", c.at.Seq)}
	case e.sum() != e.Hash:
		return &BrokenError{Seq: e.Seq, Break: Edited, Why: "it does not match its hash"}
	case e.PrevHash != c.at.Hash && c.at.Seq == 0:
		return &BrokenError{Seq: e.Seq, Break: Missing, Why: "it was not the first event of its chain"}
	case e.PrevHash != c.at.Hash:
		return &BrokenError{Seq: c.at.Seq, Break: Replaced, Why: fmt.Sprintf("event %d was chained to another", e.Seq)}
	}
	c.at = e.Mark()
	return nil
}
