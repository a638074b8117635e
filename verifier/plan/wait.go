package plan

import (
	"fmt"
	"math"
	"time"
)

// Wait is a time that may never come.
type Wait time.Duration

// Never is a time that does not come.
const Never Wait = math.MaxInt64

// wait makes a Wait of seconds, Never of more than 30 years.
func wait(seconds float64) Wait {
	const years = 1e9
	if !(seconds < years) {
		return Never
	}
	return Wait(seconds * float64(time.Second))
}

// String returns the time as one says it: "never", "340ms", "8.5s", "12s",
// "22m", "3h10m", "12d".
func (w Wait) String() string {
	switch d := time.Duration(w); {
	case w == Never:
		return "never"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Round(10*time.Millisecond).Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0fm", d.Minutes())
	case d < 48*time.Hour:
		d = d.Round(10 * time.Minute)
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%.0fd", d.Hours()/24)
	}
}

// MarshalText writes seconds to a tenth, "41.0s", and "never".
func (w Wait) MarshalText() ([]byte, error) {
	if w == Never {
		return []byte("never"), nil
	}
	return fmt.Appendf(nil, "%.1fs", time.Duration(w).Seconds()), nil
}

// UnmarshalText reads what MarshalText writes, and any Go duration.
func (w *Wait) UnmarshalText(text []byte) error {
	if string(text) == "never" {
		*w = Never
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("read a time: %w", err)
	}
	*w = Wait(d)
	return nil
}
