package policies

import "strings"

// selection says which requests are meant: those that meet a condition of
// match and none of exclude.
type selection struct {
	match   []condition // at least one; the empty condition is met by every request
	exclude []condition
}

// condition is met by requests that pass all its tests.
type condition struct {
	tests []test
	// names are the traits that the condition speaks of by name.
	names traits
	// head and keys are how an index finds the condition: a request that meets
	// it has a path that begins with head, and the value of each key.
	head head
	keys []key
}

// test is one thing asked of a request.
type test interface {
	holds(r *Request) bool
	// say puts into words that the test holds, or that it does not:
	// `path "/x" is not under /payments`.
	say(r *Request, holds bool) string
}

// admits tells whether the selection means the request. A condition counts
// only if it names the traits the request has.
func (s *selection) admits(r *Request, has traits) bool {
	for i := range s.match {
		if s.match[i].names.cover(has) && s.match[i].holds(r) {
			return s.excludedBy(r) == nil
		}
	}
	return false
}

// excludedBy returns the first condition of exclude that the request meets.
func (s *selection) excludedBy(r *Request) *condition {
	for i := range s.exclude {
		if s.exclude[i].holds(r) {
			return &s.exclude[i]
		}
	}
	return nil
}

// holds tells whether the request passes every test.
func (c *condition) holds(r *Request) bool { return c.failing(r) == nil }

// failing returns the first test that the request does not pass.
func (c *condition) failing(r *Request) test {
	for _, t := range c.tests {
		if !t.holds(r) {
			return t
		}
	}
	return nil
}

// say puts into words why the selection means the request, or does not.
func (s *selection) say(r *Request, has traits) string {
	var refusals []string
	for i := range s.match {
		c := &s.match[i]
		if t := c.failing(r); t != nil {
			refusals = append(refusals, t.say(r, false))
			continue
		}
		if !c.names.cover(has) {
			refusals = append(refusals, has.without(c.names).String())
			continue
		}
		if x := s.excludedBy(r); x != nil {
			return "excluded: " + x.say(r)
		}
		return c.say(r)
	}
	return strings.Join(refusals, "; ")
}

// say puts into words that the request passes every test.
func (c *condition) say(r *Request) string {
	if len(c.tests) == 0 {
		return "every request matches"
	}
	words := make([]string, len(c.tests))
	for i, t := range c.tests {
		words[i] = t.say(r, true)
	}
	return strings.Join(words, " and ")
}
