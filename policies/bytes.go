package policies

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/poise-dev/poise/policies/strict"
)

// Size is a number of bytes, written as "64KiB", "100KB" or "5B".
type Size int64

// Rate is a number of bytes per second, written as "100KiB/s". It is never 0.
type Rate int64

// sizeForm is how sizes are written; a rate has "/s" behind.
const sizeForm = `^[0-9]{1,18}(B|KB|MB|GB|KiB|MiB|GiB)`

var sizePattern = regexp.MustCompile(sizeForm + `$`)

// sizeUnits are the units of a size, each before those that divide it.
func sizeUnits() []sizeUnit {
	return []sizeUnit{
		{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"KB", 1e3}, {"B", 1},
	}
}

type sizeUnit struct {
	name  string
	bytes int64
}

// UnmarshalText reads a size. The error is a [*strict.Error].
func (s *Size) UnmarshalText(text []byte) error {
	value, ok := parseSize(string(text))
	if !ok {
		return sizeError(string(text), "a size", "", Size(0).JSONSchema())
	}
	*s = Size(value)
	return nil
}

// UnmarshalText reads a rate. The error is a [*strict.Error].
func (r *Rate) UnmarshalText(text []byte) error {
	size, perSecond := strings.CutSuffix(string(text), "/s")
	value, ok := parseSize(size)
	if !ok || !perSecond || value == 0 {
		return sizeError(string(text), "a rate", "/s", Rate(0).JSONSchema())
	}
	*r = Rate(value)
	return nil
}

func sizeError(text, noun, suffix string, schema strict.Schema) error {
	wrong := &strict.Error{Message: brief(text) + " is not " + noun, Expected: schema.Description}
	switch number := strings.TrimSuffix(text, suffix); {
	case strings.Trim(number, "0123456789") == "" && number != "":
		wrong.Hint = "write the unit: " + number + "B" + suffix + " or " + number + "KiB" + suffix
	case suffix != "" && sizePattern.MatchString(text):
		wrong.Hint = "write " + text + suffix
	}
	return wrong
}

func parseSize(text string) (int64, bool) {
	if !sizePattern.MatchString(text) {
		return 0, false
	}
	for _, unit := range sizeUnits() {
		if digits, ok := strings.CutSuffix(text, unit.name); ok {
			count, err := strconv.ParseInt(digits, 10, 64)
			return count * unit.bytes, err == nil && count <= math.MaxInt64/unit.bytes
		}
	}
	return 0, false
}

// String writes the size in the largest unit that divides it.
func (s Size) String() string {
	for _, unit := range sizeUnits() {
		if s != 0 && int64(s)%unit.bytes == 0 {
			return strconv.FormatInt(int64(s)/unit.bytes, 10) + unit.name
		}
	}
	return "0B"
}

// MarshalText writes the size as String does.
func (s Size) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// String writes the rate in the largest unit that divides it.
func (r Rate) String() string {
	return Size(r).String() + "/s"
}

// MarshalText writes the rate as String does.
func (r Rate) MarshalText() ([]byte, error) {
	return []byte(r.String()), nil
}

// JSONSchema describes how sizes are written.
func (Size) JSONSchema() strict.Schema {
	return strict.Schema{Type: strict.Types{"string"}, Pattern: sizeForm + "$", Description: "a size such as 5B, 64KiB or 100KB"}
}

// JSONSchema describes how rates are written.
func (Rate) JSONSchema() strict.Schema {
	return strict.Schema{Type: strict.Types{"string"}, Pattern: sizeForm + "/s$", Description: "a rate such as 100KiB/s"}
}
