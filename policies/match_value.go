package policies

import (
	"regexp"
	"strconv"
	"strings"
)

// predicate is a test of one text, and the words for its outcome.
type predicate struct {
	matches func(text string) bool
	yes, no string // the verb: "starts with", "does not start with"
	object  string
}

// say returns verb and object.
func (p predicate) say(holds bool) string {
	if holds {
		return p.yes + " " + p.object
	}
	return p.no + " " + p.object
}

func equalTo(want string) predicate {
	return predicate{func(text string) bool { return text == want }, "is", "is not", strconv.Quote(want)}
}

func startingWith(want string) predicate {
	return predicate{
		func(text string) bool { return strings.HasPrefix(text, want) },
		"starts with", "does not start with", strconv.Quote(want),
	}
}

func endingWith(want string) predicate {
	return predicate{
		func(text string) bool { return strings.HasSuffix(text, want) },
		"ends with", "does not end with", strconv.Quote(want),
	}
}

func containing(want string) predicate {
	return predicate{
		func(text string) bool { return strings.Contains(text, want) },
		"contains", "does not contain", strconv.Quote(want),
	}
}

func matching(re *regexp.Regexp) predicate {
	return predicate{re.MatchString, "matches", "does not match", re.String()}
}

// valueTest passes if any value of that name satisfies the predicate.
type valueTest struct {
	in   where
	name string
	predicate
}

func (t *valueTest) holds(r *Request) bool {
	found := false
	r.values(t.in, t.name, func(value string) bool {
		found = t.matches(value)
		return !found
	})
	return found
}

func (t *valueTest) say(r *Request, holds bool) string {
	subject := t.in.String() + " " + t.name
	told, ok := "", false
	r.values(t.in, t.name, func(value string) bool {
		told, ok = value, true
		return t.matches(value) != holds
	})
	if !ok {
		return subject + " is absent"
	}
	return subject + " " + strconv.Quote(told) + " " + t.predicate.say(holds)
}

// presence passes if there is a value of that name, or none, as wanted.
type presence struct {
	in   where
	name string
	want bool
}

func (t *presence) holds(r *Request) bool {
	_, present := r.first(t.in, t.name)
	return present == t.want
}

func (t *presence) say(_ *Request, holds bool) string {
	if t.want == holds {
		return t.in.String() + " " + t.name + " is present"
	}
	return t.in.String() + " " + t.name + " is absent"
}
