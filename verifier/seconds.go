package verifier

import (
	"fmt"
	"time"
)

// Seconds is a duration written as seconds: "41.0s", "0.012s".
type Seconds time.Duration

// measured returns a duration as a run shows it: a millisecond at least, so
// that "at once" differs from "not measured".
func measured(d time.Duration) Seconds { return Seconds(max(d, time.Millisecond)) }

// String returns the seconds to a tenth, and below one second to a thousandth.
func (s Seconds) String() string {
	d := time.Duration(s)
	if d.Abs() < time.Second {
		return fmt.Sprintf("%.3fs", d.Seconds())
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}

// MarshalText writes what String returns.
func (s Seconds) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads any Go duration.
func (s *Seconds) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("read seconds: %w", err)
	}
	*s = Seconds(d)
	return nil
}
