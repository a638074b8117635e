package policies

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/poise-dev/poise/policies/strict"
)

// Duration is a Go duration such as "400ms" or "1h30m"; whole days ("30d") are
// understood too. It is never negative.
type Duration time.Duration

const day = 24 * time.Hour

// durationForm is how durations are written, in schema and text alike.
const durationForm = `^([0-9]{1,6}d|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`

var durationPattern = regexp.MustCompile(durationForm)

// UnmarshalText reads a duration. The error is a [*strict.Error].
func (d *Duration) UnmarshalText(text []byte) error {
	value, err := parseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(value)
	return nil
}

func parseDuration(text string) (time.Duration, error) {
	wrong := &strict.Error{Message: brief(text) + " is not a duration", Expected: Duration(0).JSONSchema().Description}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		wrong.Hint = "write the unit: " + text + "ms or " + text + "s"
	}
	if strings.HasPrefix(text, "-") {
		wrong.Hint = "write it without the minus sign"
	}
	if !durationPattern.MatchString(text) {
		return 0, wrong
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		count, err := strconv.Atoi(days)
		if err != nil || count > int(math.MaxInt64/day) {
			return 0, tooLong(text)
		}
		return time.Duration(count) * day, nil
	}
	value, err := time.ParseDuration(text)
	if err != nil || value < 0 {
		return 0, tooLong(text)
	}
	return value, nil
}

func tooLong(text string) error {
	return &strict.Error{Message: brief(text) + " is too long", Expected: "at most 106751d (292 years)"}
}

// String writes the duration as people do: "400ms", "5m", "30d".
func (d Duration) String() string {
	if d != 0 && time.Duration(d)%day == 0 {
		return strconv.FormatInt(int64(time.Duration(d)/day), 10) + "d"
	}
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText writes the duration as String does.
func (d Duration) MarshalText() ([]byte, error) {
	return []byte(d.String()), nil
}

// JSONSchema describes how durations are written.
func (Duration) JSONSchema() strict.Schema {
	return strict.Schema{Type: strict.Types{"string"}, Pattern: durationForm, Description: "a duration such as 400ms, 1h30m or 30d"}
}

// Percent is a number from 0 to 100, held in millionths of a percent: Whole is
// all, 1 is one request in a hundred million.
type Percent uint32

// Whole is 100 percent, and the upper bound of a coin.
const Whole = 100_000_000

// percentStep is how many steps of a Percent make one percent.
const percentStep = Whole / 100

// UnmarshalText reads a number of percent. The error is a [*strict.Error].
func (p *Percent) UnmarshalText(text []byte) error {
	written := string(text)
	wrong := &strict.Error{
		Message: brief(written) + " is not a percentage", Expected: Percent(0).JSONSchema().Description,
		Hint: "write 5 for one request in twenty",
	}
	if number, ok := strings.CutSuffix(written, "%"); ok {
		wrong.Hint = "write " + strings.TrimSpace(number) + " without the sign"
	}
	if strings.Trim(written, "0123456789.eE+-") != "" {
		return wrong
	}
	value, err := strconv.ParseFloat(written, 64)
	if err != nil || value < 0 || value > 100 {
		return wrong
	}
	steps := math.Round(value * percentStep)
	// A machine may write 0.30000000000000004; a person who writes more than six
	// places means something that would not happen.
	if math.Abs(value*percentStep-steps) > 1e-6 {
		return &strict.Error{
			Message:  brief(written) + " is finer than a percentage can be",
			Expected: "at most 6 digits after the point", Hint: fmt.Sprintf("write %s", Percent(steps)),
		}
	}
	*p = Percent(steps)
	return nil
}

// Ratio returns the percentage as a number from 0 to 1.
func (p Percent) Ratio() float64 {
	return float64(p) / Whole
}

// String writes the number without the sign: "5", "0.1".
func (p Percent) String() string {
	whole, part := p/percentStep, p%percentStep
	if part == 0 {
		return strconv.Itoa(int(whole))
	}
	return fmt.Sprintf("%d.%s", whole, strings.TrimRight(fmt.Sprintf("%06d", part), "0"))
}

// MarshalText writes the number as String does.
func (p Percent) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// MarshalJSON writes a JSON number.
func (p Percent) MarshalJSON() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Percent) UnmarshalJSON(text []byte) error {
	return p.UnmarshalText(text)
}

// JSONSchema describes how percentages are written.
func (Percent) JSONSchema() strict.Schema {
	least, most := 0.0, 100.0
	return strict.Schema{Type: strict.Types{"number"}, Minimum: &least, Maximum: &most, Description: "a number from 0 to 100"}
}

// UnmarshalText reads a calendar day. The error is a [*strict.Error].
func (d *Date) UnmarshalText(text []byte) error {
	value, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return &strict.Error{Message: brief(string(text)) + " is not a day", Expected: Date{}.JSONSchema().Description}
	}
	d.Time = value
	return nil
}

// String writes the day as "2026-12-31".
func (d Date) String() string {
	return d.Format(time.DateOnly)
}

// MarshalText writes the day as String does.
func (d Date) MarshalText() ([]byte, error) {
	return []byte(d.String()), nil
}

// MarshalJSON writes the day as a JSON text, not the moment it begins.
func (d Date) MarshalJSON() ([]byte, error) {
	return []byte(strconv.Quote(d.String())), nil
}

// JSONSchema describes how days are written.
func (Date) JSONSchema() strict.Schema {
	return strict.Schema{Type: strict.Types{"string"}, Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, Description: "a day such as 2026-12-31"}
}

// brief returns a text as messages repeat it: not too long, and in quotes
// unless it is a plain word or number.
func brief(text string) string {
	const longest = 60
	if len(text) > longest {
		return strconv.Quote(text[:longest]) + "…"
	}
	if text == "" || strings.Trim(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-_%<=>/:") != "" {
		return strconv.Quote(text)
	}
	return text
}
