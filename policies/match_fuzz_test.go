package policies_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/poise-dev/poise/policies"
)

// alone compiles one condition.
func alone(tb testing.TB, c policies.Condition) *policies.Policy {
	tb.Helper()
	whole := policies.Percent(policies.Whole)
	set, err := policies.Compile([]policies.Document{{
		Kind: policies.KindFaultPolicy, Metadata: policies.Metadata{Name: "p"},
		Policy: &policies.FaultPolicy{
			Match: []policies.Condition{c}, Percentage: &whole, Fault: &policies.Fault{Abort: &policies.Abort{Status: 503}},
		},
	}})
	if err != nil {
		tb.Fatal(err)
	}
	return set.Policies()[0]
}

// glob is the definition of a path glob, without any thought of time.
func glob(pattern, path []string) bool {
	switch {
	case len(pattern) == 0:
		return len(path) == 0
	case pattern[0] == "**":
		return glob(pattern[1:], path) || len(path) > 0 && glob(pattern, path[1:])
	case len(path) == 0:
		return false
	case pattern[0] == "*":
		return path[0] != "" && glob(pattern[1:], path[1:])
	default:
		re := strings.ReplaceAll(regexp.QuoteMeta(pattern[0]), `\*`, `.*`)
		return regexp.MustCompile(`(?s)^`+re+`$`).MatchString(path[0]) && glob(pattern[1:], path[1:])
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("/a/**/b*/*", "/a/b/c/bc/d")
	f.Add("/**/a/**/a/**", "/a/a/b/a")
	f.Add("/*a*b*/**", "/xaybz/")
	f.Add("**/**b", "/b")
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if pattern == "" || strings.Count(pattern, "**") > 4 || len(pattern)+len(path) > 80 || strings.Contains(pattern+path, "\xff") {
			t.Skip()
		}
		if !validUTF8(pattern) || !validUTF8(path) {
			t.Skip() // the definition uses regular expressions, which see runes
		}
		p := alone(t, policies.Condition{Path: &policies.PathMatch{Glob: pattern}})
		want := glob(strings.Split(pattern, "/"), strings.Split(path, "/"))
		if got := p.Matches(&policies.Request{Path: path}); got != want {
			t.Errorf("glob %q on %q: %v, want %v", pattern, path, got, want)
		}
	})
}

func validUTF8(text string) bool { return strings.ToValidUTF8(text, "") == text }

// FuzzQuery holds the reading of a query against that of net/url, wherever
// that one reads at all.
func FuzzQuery(f *testing.F) {
	f.Add("a=1&b=2&a=3&c&=d&&e=")
	f.Add("a%20b=c+d&%C3%A9=%zz&x=%4")
	f.Fuzz(func(t *testing.T, query string) {
		r := policies.Request{RawQuery: query}
		values, err := url.ParseQuery(query)
		for name, list := range values {
			for _, value := range list {
				p := alone(t, policies.Condition{Query: []policies.ParameterMatch{{Name: name, ValueMatch: policies.ValueMatch{Exact: &value}}}})
				if !p.Matches(&r) {
					t.Errorf("%q has no %q = %q", query, name, value)
				}
			}
		}
		for pair := range strings.SplitSeq(query, "&") {
			name, _, _ := strings.Cut(pair, "=")
			no := false
			p := alone(t, policies.Condition{Query: []policies.ParameterMatch{{Name: name, ValueMatch: policies.ValueMatch{Present: &no}}}})
			if err == nil && !strings.ContainsAny(name, "%+") && pair != "" && p.Matches(&r) != !values.Has(name) {
				t.Errorf("%q: presence of %q is not as net/url has it", query, name)
			}
		}
	})
}
