package policies

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poise-dev/poise/policies/strict"
)

// Policy is a compiled FaultPolicy.
type Policy struct {
	Name     string
	Index    int    // place in Set.Policies
	Listener string // empty: every listener
	Order    int
	Share    Percent
	Assign   AssignBy
	// Seed makes decisions repeatable when Seeded, and keys the hash of sticky
	// assignments always.
	Seed   uint64
	Seeded bool
	// Fault is nil where requests alone say what happens (HeaderControl).
	Fault  *Fault
	Limits Limits
	// FailFirst is how many eligible requests meet the fault, all others being
	// spared; 0: the coin decides. Share is 100% then.
	FailFirst int
	// HeaderControl: requests may ask for a fault, within Share and Limits.
	HeaderControl bool
	// Expires is when the policy ends for good; zero: never.
	Expires time.Time
	// Text is the fault in words: "delay 400ms", "abort 503".
	Text string
	// Digest changes when the document's meaning does; counters that live since
	// the policy last changed are keyed by it.
	Digest string

	selection selection
	stream    uint64 // of the coins of a seeded policy
}

// Belief is a compiled Hypothesis.
type Belief struct {
	Name, Statement, Why, Owner string
	Promises                    []*Promise
}

// Trial is a compiled Verification, with defaults filled in.
type Trial struct {
	Name     string
	Belief   *Belief
	Policies []*Policy
	Mode     Mode
	Baseline, Duration, Recovery,
	Interval, Lease time.Duration
	Alpha, Beta float64
	MinBad      int
	Terms
}

// Compile gives documents their meaning, all of them or none. The error is
// [Problems]: everything that no document could know by itself, such as names
// that nobody has or two have. No documents are an empty Set.
func Compile(documents []Document) (*Set, error) {
	var problems Problems
	s := newSet(documents)
	for i := range s.documents {
		d := draft{&s.documents[i], &problems}
		if i > 0 && d.repeats(&s.documents[i-1]) {
			continue
		}
		switch {
		case d.Policy != nil:
			p := d.policy()
			s.policies = append(s.policies, p)
			s.byName[p.Name] = p
		case d.Hypothesis != nil:
			s.beliefs[d.Metadata.Name] = d.belief()
		case d.Verification != nil: // when all that it can name is there
		default:
			d.wrong("spec", "is missing", "", "")
		}
	}
	slices.SortFunc(s.policies, func(a, b *Policy) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name, b.Name))
	})
	for i, p := range s.policies {
		p.Index = i
	}
	for i := range s.documents {
		if d := (draft{&s.documents[i], &problems}); d.Verification != nil {
			s.trials[d.Metadata.Name] = d.trial(s)
		}
	}
	if len(problems) > 0 {
		problems.sort()
		return nil, problems
	}
	s.index = newIndex(s.policies)
	return s, nil
}

// draft is a document while it is compiled, and the problems found so far.
type draft struct {
	*Document
	problems *Problems
}

// wrong notes a problem of the field.
func (d draft) wrong(field, message, expected, hint string) {
	*d.problems = append(*d.problems, d.problem(field, message, expected, hint))
}

// repeats tells whether the document has the kind and name of the one before
// it, and notes that as a problem.
func (d draft) repeats(before *Document) bool {
	if d.Kind != before.Kind || d.Metadata.Name != before.Metadata.Name {
		return false
	}
	where := ""
	if before.Origin.File != "" {
		where = " (the other is in " + before.Origin.File + ":" + strconv.Itoa(before.Origin.Line) + ")"
	}
	d.wrong("metadata.name", "a second "+string(d.Kind)+" is named "+strconv.Quote(d.Metadata.Name)+where, "",
		"rename or remove one of them")
	return true
}

// policy compiles a FaultPolicy.
func (d draft) policy() *Policy {
	in := d.Policy
	p := &Policy{
		Name:      d.Metadata.Name,
		Listener:  in.Listener,
		Order:     or(in.Order, 100),
		Share:     or(in.Percentage, 0),
		Assign:    or(in.Assign, Assign{}).By,
		Seed:      or(in.Seed, hash(0, d.Metadata.Name)),
		Seeded:    in.Seed != nil,
		Limits:    or(in.Limits, Limits{}),
		Fault:     in.Fault,
		FailFirst: or(in.FailFirst, 0),
		Expires:   or(in.Expires, time.Time{}),

		HeaderControl: in.HeaderControl,

		selection: d.selection("spec", in.Match, in.Exclude),
	}
	p.stream = hash(p.Seed, p.Name)
	if in.Percentage == nil && (p.FailFirst > 0 || p.HeaderControl) {
		p.Share = Whole
	}
	switch {
	case p.Fault != nil:
		p.Text = p.Fault.String()
	case !p.HeaderControl:
		d.wrong("spec.fault", "is missing", "what happens to a request, such as delay or abort", "")
		return p
	}
	if p.HeaderControl {
		p.Text = strings.Join(slices.DeleteFunc([]string{wishWords, p.Text}, func(s string) bool { return s == "" }), ", otherwise ")
	}
	p.Digest = d.digest(p)
	return p
}

// digest returns a fingerprint of what the policy means: the same whether a
// default is written or left out, and whatever its labels.
func (d draft) digest(p *Policy) string {
	meaning := *d.Policy
	meaning.Order, meaning.Percentage = &p.Order, &p.Share
	meaning.Assign, meaning.Limits = &Assign{By: p.Assign}, &p.Limits
	text, err := json.Marshal(struct {
		Name string
		Spec FaultPolicy
	}{p.Name, meaning})
	if err != nil {
		d.wrong("spec", err.Error(), "", "")
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// trial compiles a Verification: finds what it names, and fills in defaults.
func (d draft) trial(s *Set) *Trial {
	in := d.Verification
	t := &Trial{
		Name:     d.Metadata.Name,
		Belief:   s.beliefs[in.Hypothesis],
		Mode:     cmp.Or(in.Mode, ModeExperiment),
		Baseline: lasting(in.Baseline, DefaultBaseline),
		Duration: lasting(in.Duration, DefaultDuration),
		Recovery: lasting(in.Recovery, DefaultRecovery),
		Interval: lasting(in.Interval, DefaultInterval),
		Lease:    lasting(in.Lease, DefaultLease),
		Alpha:    or(in.Alpha, DefaultAlpha),
		Beta:     or(in.Beta, DefaultBeta),
		MinBad:   or(in.MinBad, DefaultMinBad),
	}
	if t.Mode == ModeCanary {
		t.Baseline = 0 // the baseline is a population, not a time
	}
	if t.Belief == nil {
		d.dangling("spec.hypothesis", KindHypothesis, in.Hypothesis, names(s.Beliefs(), func(b *Belief) string { return b.Name }))
	}
	if len(in.Policies) == 0 && t.Mode == ModeExperiment {
		d.wrong("spec.policies", "an experiment needs a fault", "the name of at least one FaultPolicy", "")
	}
	for i, name := range in.Policies {
		field := at("spec.policies", i)
		switch p := s.byName[name]; {
		case p == nil:
			d.dangling(field, KindFaultPolicy, name, names(s.policies, func(p *Policy) string { return p.Name }))
		case slices.Contains(t.Policies, p):
			d.wrong(field, strconv.Quote(name)+" is listed twice", "", "remove one of them")
		case p.FailFirst > 0:
			d.wrong(field, strconv.Quote(name)+" says failFirst: it tosses no coin, so there are no arms to compare", "", "write percentage in its place")
		case p.HeaderControl:
			d.wrong(field, strconv.Quote(name)+" says headerControl: its requests choose their fault, so there are no arms to compare", "", "remove headerControl")
		default:
			t.Policies = append(t.Policies, p)
		}
	}
	t.Terms = d.terms(t)
	return t
}

// dangling notes a name that nobody has.
func (d draft) dangling(field string, kind Kind, name string, there []string) {
	expected, hint := "", "add its document to the files"
	if near := strict.Suggest(name, there); near != "" {
		hint = "did you mean " + near + "?"
	}
	if len(there) > 0 {
		expected = "one of " + shortList(there)
	}
	d.wrong(field, "there is no "+string(kind)+" named "+strconv.Quote(name), expected, hint)
}

// shortList lists names, and counts those that are too many to read.
func shortList(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
}

// names returns the sorted names of things.
func names[T any](things []T, name func(T) string) []string {
	list := make([]string, len(things))
	for i, thing := range things {
		list[i] = name(thing)
	}
	slices.Sort(list)
	return list
}

// at returns the path of an entry of a list field.
func at(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// or returns what a field says, and otherwise what holds by default.
func or[T any](field *T, byDefault T) T {
	if field == nil {
		return byDefault
	}
	return *field
}

// lasting is or for durations.
func lasting(field *Duration, byDefault time.Duration) time.Duration {
	return time.Duration(or(field, Duration(byDefault)))
}
