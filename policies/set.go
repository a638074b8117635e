package policies

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Set is everything the documents mean, compiled: immutable, shared by all
// requests, replaced whole. The zero Set, and a nil one, mean nothing.
type Set struct {
	documents []Document // by kind, then name
	policies  []*Policy  // by order, then name; Policy.Index is the place
	byName    map[string]*Policy
	beliefs   map[string]*Belief
	trials    map[string]*Trial
	index     index
}

// newSet returns a Set of documents that have no meaning yet.
func newSet(documents []Document) *Set {
	s := &Set{
		documents: slices.Clone(documents),
		byName:    map[string]*Policy{},
		beliefs:   map[string]*Belief{},
		trials:    map[string]*Trial{},
	}
	slices.SortStableFunc(s.documents, func(a, b Document) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Metadata.Name, b.Metadata.Name))
	})
	return s
}

// Documents returns what the Set was compiled from, by kind, then name.
func (s *Set) Documents() []Document {
	if s == nil {
		return nil
	}
	return slices.Clone(s.documents)
}

// Policies returns the policies in the order they are tried.
func (s *Set) Policies() []*Policy {
	if s == nil {
		return nil
	}
	return slices.Clone(s.policies)
}

// Policy returns the named policy, or nil.
func (s *Set) Policy(name string) *Policy {
	if s == nil {
		return nil
	}
	return s.byName[name]
}

// Beliefs returns the beliefs by name.
func (s *Set) Beliefs() []*Belief {
	if s == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(s.beliefs), func(a, b *Belief) int { return strings.Compare(a.Name, b.Name) })
}

// Belief returns the named belief, or nil.
func (s *Set) Belief(name string) *Belief {
	if s == nil {
		return nil
	}
	return s.beliefs[name]
}

// Trials returns the trials by name.
func (s *Set) Trials() []*Trial {
	if s == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(s.trials), func(a, b *Trial) int { return strings.Compare(a.Name, b.Name) })
}

// Trial returns the named trial, or nil.
func (s *Set) Trial(name string) *Trial {
	if s == nil {
		return nil
	}
	return s.trials[name]
}
