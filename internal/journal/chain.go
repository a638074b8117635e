package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Mark is a place in a chain: an event and its hash. The zero Mark is the place
// before the first event.
type Mark struct {
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"`
}

// Seal returns e as the event that follows m: normalised (UTC, valid UTF-8,
// compact data), numbered, named and hashed. It fails when e has no time or
// kind, or when its data is not JSON.
func (m Mark) Seal(e Event) (Event, error) {
	e, err := normal(e)
	if err != nil {
		return Event{}, err
	}
	e.Seq = m.Seq + 1
	e.ID = idOf(e.Seq)
	e.PrevHash = m.Hash
	e.TextDigest, e.DataDigest = "", ""
	e.Hash = e.sum()
	return e, nil
}

// Mark returns the place of e in its chain.
func (e Event) Mark() Mark { return Mark{Seq: e.Seq, Hash: e.Hash} }

// Digests returns what the chain keeps of text and data: SHA-256 in hex.
func (e Event) Digests() (text, data string) {
	text, data = e.TextDigest, e.DataDigest
	if text == "" || e.Text != "" {
		text = digest([]byte(e.Text))
	}
	if data == "" || len(compact(e.Data)) > 0 {
		data = digest(compact(e.Data))
	}
	return text, data
}

// sum computes the hash of e over its PrevHash, its head and its digests. Every
// part is written as a netstring (length, colon, bytes, comma), which leaves no
// two events with the same input.
func (e Event) sum() string {
	text, data := e.Digests()
	parts := []string{
		e.PrevHash, strconv.FormatUint(e.Seq, 10), e.ID, stamp(e.At), stamp(e.KnownAt),
		e.Source, e.Kind, e.Subject, e.Run, text, data,
	}
	parts = append(parts, e.Because...)
	h := sha256.New()
	for _, part := range parts {
		_, _ = io.WriteString(h, strconv.Itoa(len(part))+":"+part+",")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// normal returns e in the form that survives being written and read: what is
// hashed is what comes back.
func normal(e Event) (Event, error) {
	if e.Kind == "" {
		return Event{}, fmt.Errorf("record event %q: no kind", e.Text)
	}
	for _, at := range []*time.Time{&e.At, &e.KnownAt} {
		if at.IsZero() || at.UTC().Year() < 1 || at.UTC().Year() > 9999 {
			return Event{}, fmt.Errorf("record %s: time %v is outside the years 1 to 9999", e.Kind, *at)
		}
		*at = at.UTC().Round(0)
	}
	if len(e.Data) > 0 && !json.Valid(e.Data) {
		return Event{}, fmt.Errorf("record %s: data is not JSON", e.Kind)
	}
	for _, s := range []*string{&e.Source, &e.Kind, &e.Subject, &e.Run, &e.Text} {
		*s = valid(*s)
	}
	because := make([]string, len(e.Because))
	for i, id := range e.Because {
		because[i] = valid(id)
	}
	e.Because = because
	e.Data = compact(bytes.ToValidUTF8(e.Data, []byte("\ufffd")))
	return e, nil
}

// compact returns data in the one form that is hashed: without white space,
// escaped as encoding/json escapes, and nil for null. What is not JSON stays as
// it is, and matches no digest.
func compact(data json.RawMessage) json.RawMessage {
	if len(data) == 0 {
		return nil
	}
	out, err := json.Marshal(data)
	switch {
	case err != nil:
		return data
	case string(out) == "null":
		return nil
	}
	return out
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
