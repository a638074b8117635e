package policies

import (
	"slices"
	"strconv"
	"strings"

	"github.com/poise-dev/poise/policies/strict"
)

// GRPCCode is a gRPC status code, written by name ("UNAVAILABLE") or number.
type GRPCCode uint8

// grpcNames are the names of the gRPC status codes, by number, as
// https://grpc.github.io/grpc/core/md_doc_statuscodes.html lists them.
func grpcNames() []string {
	return []string{
		"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
		"ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
		"OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
	}
}

// UnmarshalText reads a name or a number. The error is a [*strict.Error].
func (c *GRPCCode) UnmarshalText(text []byte) error {
	names, written := grpcNames(), string(text)
	code := slices.Index(names, written)
	if number, err := strconv.ParseUint(written, 10, 8); err == nil && int(number) < len(names) && (number == 0 || written[0] != '0') {
		code = int(number)
	}
	if code < 0 {
		wrong := &strict.Error{Message: brief(written) + " is not a gRPC status", Expected: GRPCCode(0).JSONSchema().Description}
		if name := strict.Suggest(written, names); name != "" {
			wrong.Hint = "did you mean " + name + "?"
		}
		return wrong
	}
	*c = GRPCCode(code)
	return nil
}

// String returns the name of the code, and its number if it has no name.
func (c GRPCCode) String() string {
	if names := grpcNames(); int(c) < len(names) {
		return names[c]
	}
	return strconv.Itoa(int(c))
}

// MarshalText writes the code as String does.
func (c GRPCCode) MarshalText() ([]byte, error) {
	return []byte(c.String()), nil
}

// JSONSchema describes how gRPC statuses are written.
func (GRPCCode) JSONSchema() strict.Schema {
	least, most := 0.0, 16.0
	return strict.Schema{
		Description: "a gRPC status by name (UNAVAILABLE) or number (14)",
		Type:        strict.Types{"string", "integer"},
		Pattern:     "^(" + strings.Join(grpcNames(), "|") + ")$",
		Minimum:     &least, Maximum: &most,
	}
}

// StatusSet is a set of HTTP statuses from 100 to 599, written as "<500", or as
// one or a list of codes ("404"), classes ("2xx") and ranges ("200-204").
type StatusSet struct {
	texts []string
	bits  [8]uint64 // status - 100
}

// The statuses there are (RFC 9110 section 15).
const (
	leastStatus = 100
	mostStatus  = 599
)

// statusForm is how the statuses of a set are written.
const statusForm = `^(<=?[1-6][0-9]{2}|[1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?)$`

// AddText adds the statuses that a text names. The error is a [*strict.Error].
func (s *StatusSet) AddText(text string) error {
	first, last, ok := statusRange(text)
	if !ok || first < leastStatus || last > mostStatus || first > last {
		wrong := &strict.Error{Message: brief(text) + " does not name HTTP statuses", Expected: statusDescription}
		if strings.HasPrefix(text, ">") {
			wrong.Hint = "name them from below: <500"
		}
		return wrong
	}
	for status := first; status <= last; status++ {
		s.bits[(status-leastStatus)/64] |= 1 << ((status - leastStatus) % 64)
	}
	s.texts = append(s.texts, text)
	return nil
}

// statusRange returns the first and last status that a text names.
func statusRange(text string) (first, last int, ok bool) {
	if limit, found := strings.CutPrefix(text, "<="); found {
		last, ok = status(limit)
		return leastStatus, last, ok
	}
	if limit, found := strings.CutPrefix(text, "<"); found {
		last, ok = status(limit)
		return leastStatus, last - 1, ok
	}
	if class, found := strings.CutSuffix(text, "xx"); found {
		first, ok = status(class + "00")
		return first, first + 99, ok
	}
	from, to, found := strings.Cut(text, "-")
	if !found {
		to = from
	}
	first, fromOK := status(from)
	last, toOK := status(to)
	return first, last, fromOK && toOK
}

// status reads three digits.
func status(text string) (int, bool) {
	number, err := strconv.ParseUint(text, 10, 16)
	return int(number), err == nil && len(text) == 3
}

// Has says whether the set holds a status.
func (s *StatusSet) Has(status int) bool {
	if status < leastStatus || status > mostStatus {
		return false
	}
	return s.bits[(status-leastStatus)/64]&(1<<((status-leastStatus)%64)) != 0
}

// String writes the set as it was written: "<500", "2xx, 404".
func (s StatusSet) String() string {
	return strings.Join(s.texts, ", ")
}

// MarshalJSON writes a text, or a list of several. The texts need no escapes,
// and "<" stays readable.
func (s StatusSet) MarshalJSON() ([]byte, error) {
	quoted := make([]string, len(s.texts))
	for i, text := range s.texts {
		quoted[i] = strconv.Quote(text)
	}
	if len(quoted) == 1 {
		return []byte(quoted[0]), nil
	}
	return []byte("[" + strings.Join(quoted, ",") + "]"), nil
}

const statusDescription = `"<500", or a list of codes and classes such as ["2xx", "404"]`

// JSONSchema describes how sets of statuses are written.
func (StatusSet) JSONSchema() strict.Schema {
	least, most := float64(leastStatus), float64(mostStatus)
	one := []*strict.Schema{
		{Type: strict.Types{"string"}, Pattern: statusForm},
		{Type: strict.Types{"integer"}, Minimum: &least, Maximum: &most},
	}
	list := &strict.Schema{Type: strict.Types{"array"}, MinItems: 1, Items: &strict.Schema{AnyOf: one}}
	return strict.Schema{Description: statusDescription, AnyOf: append(slices.Clone(one), list)}
}
