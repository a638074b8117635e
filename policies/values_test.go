package policies_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/policies/strict"
)

// reads checks that a value is read from a text and written in its shortest
// form, or refused with a sentence that says what to do.
func reads[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](t *testing.T, tests map[string]struct {
	text, want string
	value      T
},
) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got T
			err := P(&got).UnmarshalText([]byte(test.text))
			if err != nil {
				if problem, ok := errors.AsType[*strict.Error](err); !ok || problem.Error() != test.want {
					t.Errorf("%q: error\n%v\nwant\n%s", test.text, err, test.want)
				}
				return
			}
			if fmt.Sprint(got) != test.want {
				t.Errorf("%q is written as %q, want %q", test.text, fmt.Sprint(got), test.want)
			}
			if any(got) != any(test.value) {
				t.Errorf("%q is %#v, want %#v", test.text, got, test.value)
			}
			var again T
			if err := P(&again).UnmarshalText([]byte(test.want)); err != nil || any(again) != any(got) {
				t.Errorf("%q is read back as %v (%v)", test.want, again, err)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	const expected = ", expected a duration such as 400ms, 1h30m or 30d"
	type test = struct {
		text, want string
		value      policies.Duration
	}
	reads(t, map[string]test{
		"milliseconds":         {"400ms", "400ms", policies.Duration(400 * time.Millisecond)},
		"a fraction":           {"1.5s", "1.5s", policies.Duration(1500 * time.Millisecond)},
		"units in a row":       {"1h30m", "1h30m", policies.Duration(90 * time.Minute)},
		"minutes alone":        {"300s", "5m", policies.Duration(5 * time.Minute)},
		"hours alone":          {"60m", "1h", policies.Duration(time.Hour)},
		"hours and seconds":    {"1h0m5s", "1h0m5s", policies.Duration(time.Hour + 5*time.Second)},
		"ten seconds":          {"10s", "10s", policies.Duration(10 * time.Second)},
		"days":                 {"30d", "30d", policies.Duration(30 * 24 * time.Hour)},
		"days in hours":        {"48h", "2d", policies.Duration(48 * time.Hour)},
		"nothing at all":       {"0s", "0s", 0},
		"a number alone":       {"400", "400 is not a duration" + expected + ": write the unit: 400ms or 400s", 0},
		"less than nothing":    {"-1s", "-1s is not a duration" + expected + ": write it without the minus sign", 0},
		"half a day":           {"0.5d", "0.5d is not a duration" + expected, 0},
		"days with hours":      {"1d12h", "1d12h is not a duration" + expected, 0},
		"an unknown unit":      {"5min", "5min is not a duration" + expected, 0},
		"a space":              {"5 s", `"5 s" is not a duration` + expected, 0},
		"nothing written":      {"", `"" is not a duration` + expected, 0},
		"longer than can be":   {"106752d", "106752d is too long, expected at most 106751d (292 years)", 0},
		"hours beyond the end": {"9999999999h", "9999999999h is too long, expected at most 106751d (292 years)", 0},
	})
}

func TestPercent(t *testing.T) {
	const wrong = " is not a percentage, expected a number from 0 to 100: write 5 for one request in twenty"
	type test = struct {
		text, want string
		value      policies.Percent
	}
	reads(t, map[string]test{
		"a whole number":             {"5", "5", 5_000_000},
		"a fraction":                 {"0.1", "0.1", 100_000},
		"all":                        {"100", "100", policies.Whole},
		"none":                       {"0", "0", 0},
		"the least there is":         {"0.000001", "0.000001", 1},
		"as machines write it":       {"1e-06", "0.000001", 1},
		"noise of a sum":             {"0.30000000000000004", "0.3", 300_000},
		"99.5":                       {"99.5", "99.5", 99_500_000},
		"trailing zeros":             {"5.500000", "5.5", 5_500_000},
		"finer than can be":          {"0.0000015", "0.0000015 is finer than a percentage can be, expected at most 6 digits after the point: write 0.000002", 0},
		"far finer than can be":      {"0.0000001", "0.0000001 is finer than a percentage can be, expected at most 6 digits after the point: write 0", 0},
		"more than all":              {"500", "500" + wrong, 0},
		"a little more than all":     {"100.000001", "100.000001" + wrong, 0},
		"less than none":             {"-1", "-1" + wrong, 0},
		"a sign":                     {"5%", "5% is not a percentage, expected a number from 0 to 100: write 5 without the sign", 0},
		"a sign after a space":       {"5 %", `"5 %" is not a percentage, expected a number from 0 to 100: write 5 without the sign`, 0},
		"not a number":               {"NaN", "NaN" + wrong, 0},
		"a word":                     {"half", "half" + wrong, 0},
		"hexadecimal":                {"0x5", "0x5" + wrong, 0},
		"a decimal comma, not point": {"0,5", `"0,5"` + wrong, 0},
	})
	if got := policies.Percent(5_000_000).Ratio(); got != 0.05 {
		t.Errorf("5%% is %v", got)
	}
	if text, err := json.Marshal(policies.Percent(500_000)); err != nil || string(text) != "0.5" {
		t.Errorf("in JSON: %s (%v), want a number", text, err)
	}
}

func TestSize(t *testing.T) {
	const expected = ", expected a size such as 5B, 64KiB or 100KB"
	type test = struct {
		text, want string
		value      policies.Size
	}
	reads(t, map[string]test{
		"bytes":              {"5B", "5B", 5},
		"binary":             {"64KiB", "64KiB", 65536},
		"decimal":            {"100KB", "100KB", 100_000},
		"both":               {"1024000B", "1000KiB", 1_024_000},
		"mebibytes":          {"2048KiB", "2MiB", 2 << 20},
		"gigabytes":          {"3GB", "3GB", 3e9},
		"nothing":            {"0B", "0B", 0},
		"no unit":            {"64", "64 is not a size" + expected + ": write the unit: 64B or 64KiB", 0},
		"a small unit":       {"64kb", "64kb is not a size" + expected, 0},
		"a fraction":         {"1.5KiB", "1.5KiB is not a size" + expected, 0},
		"more than there is": {"99999999999GiB", "99999999999GiB is not a size" + expected, 0},
		"less than nothing":  {"-1B", "-1B is not a size" + expected, 0},
	})
}

func TestRate(t *testing.T) {
	const expected = ", expected a rate such as 100KiB/s"
	type test = struct {
		text, want string
		value      policies.Rate
	}
	reads(t, map[string]test{
		"binary":     {"100KiB/s", "100KiB/s", 102_400},
		"no seconds": {"100KiB", "100KiB is not a rate" + expected + ": write 100KiB/s", 0},
		"no unit":    {"100/s", "100/s is not a rate" + expected + ": write the unit: 100B/s or 100KiB/s", 0},
		"a stop":     {"0B/s", "0B/s is not a rate" + expected, 0},
		"per minute": {"5B/m", "5B/m is not a rate" + expected, 0},
	})
}

func TestPrefix(t *testing.T) {
	const expected = " is not a range of addresses, expected a CIDR such as 10.0.0.0/8, or a single address"
	for name, test := range map[string]struct{ text, want string }{
		"a range":                  {"10.0.0.0/8", "10.0.0.0/8"},
		"a single address":         {"127.0.0.2", "127.0.0.2/32"},
		"IPv6":                     {"fd00::/8", "fd00::/8"},
		"a single IPv6 address":    {"::1", "::1/128"},
		"bits after the mask":      {"10.1.2.3/8", "10.1.2.3/8 has bits set after its mask: write 10.0.0.0/8"},
		"a mask that is too long":  {"10.0.0.0/33", "10.0.0.0/33" + expected},
		"a name":                   {"localhost", "localhost" + expected},
		"an address with a zone":   {"fe80::1%eth0", "fe80::1%eth0" + expected},
		"IPv4 inside of IPv6":      {"::ffff:10.0.0.1", "::ffff:10.0.0.1 is an IPv4 address in IPv6 clothes: write it as IPv4"},
		"an address with its port": {"10.0.0.1:80", "10.0.0.1:80" + expected},
	} {
		t.Run(name, func(t *testing.T) {
			var got policies.Prefix
			text := func() string {
				if err := got.UnmarshalText([]byte(test.text)); err != nil {
					return err.Error()
				}
				return got.String()
			}
			if text := text(); text != test.want {
				t.Errorf("got %s, want %s", text, test.want)
			}
		})
	}
}

func TestGRPCCode(t *testing.T) {
	const expected = " is not a gRPC status, expected a gRPC status by name (UNAVAILABLE) or number (14)"
	type test = struct {
		text, want string
		value      policies.GRPCCode
	}
	tests := map[string]test{
		"by number":      {"14", "UNAVAILABLE", 14},
		"small letters":  {"unavailable", "unavailable" + expected + ": did you mean UNAVAILABLE?", 0},
		"one L":          {"CANCELED", "CANCELED" + expected + ": did you mean CANCELLED?", 0},
		"too large":      {"17", "17" + expected, 0},
		"a leading zero": {"014", "014" + expected, 0},
		"below zero":     {"-1", "-1" + expected, 0},
	}
	for code, name := range []string{
		"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
		"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
	} {
		tests[name] = test{name, name, policies.GRPCCode(code)}
	}
	reads(t, tests)
}

func TestStatusSet(t *testing.T) {
	for name, test := range map[string]struct {
		texts    []string
		has, not []int
		json     string
	}{
		"below a status":             {[]string{"<500"}, []int{100, 200, 404, 499}, []int{0, 99, 500, 599, 600, -1}, `"<500"`},
		"up to a status":             {[]string{"<=499"}, []int{100, 499}, []int{500}, `"<=499"`},
		"everything":                 {[]string{"<600"}, []int{100, 599}, []int{99, 600}, `"<600"`},
		"classes and codes":          {[]string{"2xx", "404"}, []int{200, 299, 404}, []int{199, 300, 403, 405}, `["2xx","404"]`},
		"a range":                    {[]string{"200-204"}, []int{200, 204}, []int{199, 205}, `"200-204"`},
		"one code":                   {[]string{"404"}, []int{404}, []int{200}, `"404"`},
		"the edges of machine words": {[]string{"163", "164", "227-228"}, []int{163, 164, 227, 228}, []int{162, 165, 226, 229}, `["163","164","227-228"]`},
	} {
		t.Run(name, func(t *testing.T) {
			var set policies.StatusSet
			for _, text := range test.texts {
				if err := set.AddText(text); err != nil {
					t.Fatal(err)
				}
			}
			for _, status := range test.has {
				if !set.Has(status) {
					t.Errorf("%s has not %d", set, status)
				}
			}
			for _, status := range test.not {
				if set.Has(status) {
					t.Errorf("%s has %d", set, status)
				}
			}
			if text, err := set.MarshalJSON(); err != nil || string(text) != test.json {
				t.Errorf("in JSON: %s (%v), want %s", text, err, test.json)
			}
		})
	}
	for _, text := range []string{"", "ok", ">500", "6xx", "0xx", "99", "600", "2x", "<100", "<50", "<=600", "<", "300-200", "200-", "+20", "2XX", "1000"} {
		if err := new(policies.StatusSet).AddText(text); err == nil {
			t.Errorf("%q is taken for statuses", text)
		}
	}
}

func TestAssignBy(t *testing.T) {
	const expected = " is not a way to assign requests, expected request, header:NAME, cookie:NAME, source or baggage"
	type test = struct {
		text, want string
		value      policies.AssignBy
	}
	reads(t, map[string]test{
		"by request":          {"request", "request", policies.AssignBy{Kind: policies.AssignRequest}},
		"by header":           {"header:x-user", "header:X-User", policies.AssignBy{Kind: policies.AssignHeader, Name: "X-User"}},
		"by cookie":           {"cookie:user", "cookie:user", policies.AssignBy{Kind: policies.AssignCookie, Name: "user"}},
		"by source":           {"source", "source", policies.AssignBy{Kind: policies.AssignSource}},
		"by baggage":          {"baggage", "baggage", policies.AssignBy{Kind: policies.AssignBaggage}},
		"no name":             {"header", "header" + expected + ": name the header: header:x-user", policies.AssignBy{}},
		"a name with a space": {"cookie:a b", `"cookie:a b"` + expected + ": name the cookie: cookie:x-user", policies.AssignBy{}},
		"a name too many":     {"source:ip", "source:ip" + expected, policies.AssignBy{}},
		"a slip":              {"requst", "requst" + expected + ": did you mean request?", policies.AssignBy{}},
	})
}

func TestDate(t *testing.T) {
	var day policies.Date
	if err := day.UnmarshalText([]byte("2026-12-20")); err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(day); err != nil || string(text) != `"2026-12-20"` {
		t.Errorf("in JSON: %s (%v)", text, err)
	}
	for _, text := range []string{"", "2026-02-30", "20.12.2026", "2026-12-20T00:00:00Z"} {
		if err := day.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for a day", text)
		}
	}
}
