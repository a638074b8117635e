package policies_test

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"testing"

	"github.com/poise-dev/poise/policies"
)

// drawn returns which of the users 0 … n−1 meet the only policy of a set.
func drawn(set *policies.Set, n int) []int {
	var users []int
	var d policies.Decision
	for user := range n {
		set.Decide(&policies.Request{Path: "/", Fields: policies.FieldMap{"X-User": {strconv.Itoa(user)}}}, always{}, &d)
		if d.Arm == policies.ArmFault {
			users = append(users, user)
		}
	}
	return users
}

// byUser is a policy that assigns users.
func byUser(tb testing.TB, name, more string) *policies.Set {
	tb.Helper()
	return compile(tb, policy(name, "assign: {by: \"header:x-user\"}\n"+more))
}

// These users are what the document means: a change moves people between arms.
func TestStickyAssignmentIsForEver(t *testing.T) {
	if got, want := drawn(byUser(t, "p", "seed: 7\npercentage: 10"), 100), []int{2, 56, 59, 62, 76, 83, 97}; !slices.Equal(got, want) {
		t.Errorf("10%% with seed 7 are %v, want %v", got, want)
	}
}

func TestASmallerPercentageLiesInsideALargerOne(t *testing.T) {
	const users = 20_000
	var inner []int
	for _, share := range []int{1, 20, 40, 99} {
		outer := drawn(byUser(t, "p", fmt.Sprintf("seed: 7\npercentage: %d", share)), users)
		for _, user := range inner {
			if _, in := slices.BinarySearch(outer, user); !in {
				t.Fatalf("user %d fell out when the percentage grew to %d", user, share)
			}
		}
		// Five standard deviations of a binomial distribution.
		p := float64(share) / 100
		if got, want := float64(len(outer)), users*p; math.Abs(got-want) > 5*math.Sqrt(want*(1-p)) {
			t.Errorf("%v of %d users drawn at %d%%", got, users, share)
		}
		inner = outer
	}
}

func TestSeedsAndNamesDecideWhoIsDrawn(t *testing.T) {
	const users = 2_000
	base := drawn(byUser(t, "p", "seed: 7\npercentage: 50"), users)
	common := func(other []int) (n int) {
		for _, user := range other {
			if _, in := slices.BinarySearch(base, user); in {
				n++
			}
		}
		return n
	}
	if got := drawn(byUser(t, "q", "seed: 7\npercentage: 50"), users); !slices.Equal(got, base) {
		t.Error("policies with the same seed draw different users")
	}
	for name, set := range map[string]*policies.Set{
		"another seed":          byUser(t, "p", "seed: 8\npercentage: 50"),
		"the seed of the name":  byUser(t, "p", "percentage: 50"),
		"that of another name":  byUser(t, "q", "percentage: 50"),
		"that of a longer name": byUser(t, "p-2", "percentage: 50"),
	} {
		// A quarter is common by chance; five standard deviations.
		if n := common(drawn(set, users)); math.Abs(float64(n)-users/4) > 5*math.Sqrt(users*3/16) {
			t.Errorf("%s: %d of %d users are drawn by both", name, n, users)
		}
	}
}

func TestTheKeyOfAnAssignment(t *testing.T) {
	type variants []policies.Request
	source := func(address string) policies.Request {
		return policies.Request{Source: netip.MustParseAddr(address)}
	}
	fields := func(name string, values ...string) policies.Request {
		return policies.Request{Fields: policies.FieldMap{name: values}}
	}
	for name, c := range map[string]struct {
		by         string
		same       variants // have the same key
		ineligible policies.Request
	}{
		"of a header is its first value": {
			"header:x-user", variants{fields("X-User", "42"), fields("X-User", "42", "7")}, fields("X-Other", "42"),
		},
		"of a cookie is its first value, wherever it stands": {
			"cookie:user",
			variants{fields("Cookie", "user=42"), fields("Cookie", "a=b; user=42; user=7"), fields("Cookie", "a=b", "user=42", "user=7")},
			fields("Cookie", "a=b; User=42"),
		},
		"of the source is the peer's address, in whatever clothes it comes": {
			"source", variants{source("10.0.0.1"), source("::ffff:10.0.0.1")}, policies.Request{},
		},
		"of the source has no zone": {
			"source", variants{source("fe80::1"), source("fe80::1%eth0")}, policies.Request{},
		},
	} {
		t.Run("the key "+name, func(t *testing.T) {
			arms := map[policies.Arm]bool{}
			for seed := range 64 {
				set := compile(t, policy("p", fmt.Sprintf("percentage: 50\nseed: %d\nassign: {by: %q}", seed, c.by)))
				var d policies.Decision
				set.Decide(&c.same[0], always{}, &d)
				want := d.Arm
				arms[want] = true
				for i := range c.same {
					if set.Decide(&c.same[i], always{}, &d); d.Arm != want {
						t.Errorf("seed %d: variant %d is %s, the first %s", seed, i, d.Arm, want)
					}
				}
				if set.Decide(&c.ineligible, always{}, &d); d.Arm != policies.ArmNone || set.Policy("p").Matches(&c.ineligible) {
					t.Errorf("a request without the key is %s", d.Arm)
				}
			}
			if !arms[policies.ArmFault] || !arms[policies.ArmControl] {
				t.Errorf("seeds make no difference: %v", arms)
			}
		})
	}
}

func TestStickyPoliciesTossNoCoin(t *testing.T) {
	m := &moment{}
	var d policies.Decision
	byUser(t, "p", "percentage: 100").Decide(&policies.Request{Fields: policies.FieldMap{"X-User": {"1"}}}, m, &d)
	if want := []string{"permit p", "take p"}; !slices.Equal(m.asked, want) {
		t.Errorf("asked %v, want %v", m.asked, want)
	}
}

// seededPolicy returns a compiled policy with a seed.
func seededPolicy(tb testing.TB, name string, seed int) *policies.Policy {
	tb.Helper()
	p := compile(tb, policy(name, fmt.Sprintf("seed: %d", seed))).Policy(name)
	if !p.Seeded || p.Seed != uint64(seed) {
		tb.Fatalf("seed %d became %d (%v)", seed, p.Seed, p.Seeded)
	}
	return p
}

func TestSeededCoinsRepeatForEver(t *testing.T) {
	p := seededPolicy(t, "p", 7)
	for n, want := range []uint32{3681057, 16837616, 59058758, 19245663, 36093041, 22672724} {
		if got := p.SeededCoin(uint64(n)); got != want {
			t.Errorf("coin %d is %d, want %d", n, got, want)
		}
	}
}

// χ² over 100 cells of 100,000 coins: a fair coin stays below 149 (99 degrees
// of freedom) for all but one stream in a thousand. The streams are fixed.
func TestSeededCoinsAreUniform(t *testing.T) {
	const n, cells = 100_000, 100
	for seed := range 5 {
		p := seededPolicy(t, "p", seed)
		var counts [cells]int
		for i := range uint64(n) {
			coin := p.SeededCoin(i)
			if coin >= policies.Whole {
				t.Fatalf("coin %d is %d", i, coin)
			}
			counts[coin/(policies.Whole/cells)]++
		}
		chi2 := 0.0
		for _, count := range counts {
			chi2 += math.Pow(float64(count)-n/cells, 2) / (n / cells)
		}
		if chi2 > 149 {
			t.Errorf("seed %d: χ² is %.1f", seed, chi2)
		}
	}
}

// Were the coins shared, the second of two policies would never be drawn: it
// is only asked when the first coin fell high.
func TestPoliciesWithOneSeedDoNotShareTheirLuck(t *testing.T) {
	const n = 100_000
	a, b := seededPolicy(t, "a", 7), seededPolicy(t, "b", 7)
	both := 0
	for i := range uint64(n) {
		if a.SeededCoin(i) >= policies.Whole/2 && b.SeededCoin(i) < policies.Whole/2 {
			both++
		}
	}
	if math.Abs(float64(both)-n/4) > 5*math.Sqrt(n*3/16) {
		t.Errorf("%d of %d pairs, want a quarter", both, n)
	}
}
