package policies

import (
	"maps"
	"slices"
	"strings"
)

// index finds the policies that may mean a request without looking at the
// others, so that a decision costs hardly more under ten thousand policies
// than under one:
//
//	listener → trie over the path → value of a header, cookie, parameter or host → policies
//
// It may name a policy that does not match (each is tested whole afterwards),
// and never leaves out one that does.
type index struct {
	listeners map[string]*node // those that some policy names
	others    *node            // every other listener
}

// head is the text that the path of a request begins with; whole: it is the
// whole path.
type head struct {
	text  string
	whole bool
}

// key is a value that a request must have.
type key struct {
	in          where
	name, value string
}

// node is a place in a trie over the bytes of the path. Nodes with one way on
// and nothing to tell are folded into one label.
type node struct {
	label string // the bytes that lead here from the node above
	first string // the first byte of the label of each node below, in order
	below []node
	// under holds the policies for paths that lead through this place, and
	// exact those for the path that ends here.
	under, exact *bucket
}

// bucket is the policies of a place, as numbers in Set.policies, in order.
type bucket struct {
	groups []group
	rest   []int32 // those that no value tells apart
}

// group is policies told apart by one value of the request.
type group struct {
	in       where
	name     string
	policies map[string][]int32
}

// newIndex builds the index of policies, which are in order.
func newIndex(policies []*Policy) index {
	shared := map[key]int{} // how many conditions ask for the key
	x := index{listeners: map[string]*node{}}
	for _, p := range policies {
		if p.Listener != "" {
			x.listeners[p.Listener] = nil
		}
		for i := range p.selection.match {
			for _, k := range p.selection.match[i].keys {
				shared[k]++
			}
		}
	}
	for listener := range x.listeners {
		x.listeners[listener] = newTrie(policies, listener, shared)
	}
	x.others = newTrie(policies, "", shared)
	return x
}

// newTrie builds the trie of one listener; of one that no policy names if
// listener is empty.
func newTrie(policies []*Policy, listener string, shared map[key]int) *node {
	places := map[head]*bucket{}
	for number, p := range policies {
		if p.Listener != "" && p.Listener != listener {
			continue
		}
		for i := range p.selection.match {
			c := &p.selection.match[i]
			b := places[c.head]
			if b == nil {
				b = &bucket{}
				places[c.head] = b
			}
			b.add(int32(number), rarest(c.keys, shared))
		}
	}
	texts := map[string]bool{"": true}
	for h := range places {
		texts[h.text] = true
	}
	root := grow(slices.Sorted(maps.Keys(texts)), 0, places)
	return &root
}

// rarest returns the key that the fewest conditions share, or nil.
func rarest(keys []key, shared map[key]int) *key {
	var best *key
	for i := range keys {
		if best == nil || shared[keys[i]] < shared[*best] {
			best = &keys[i]
		}
	}
	return best
}

// add puts a policy into the bucket: under a key if there is one. Policies
// come in order, and one may come several times.
func (b *bucket) add(policy int32, k *key) {
	if k == nil {
		b.rest = appendNew(b.rest, policy)
		return
	}
	at := slices.IndexFunc(b.groups, func(g group) bool { return g.in == k.in && g.name == k.name })
	if at < 0 {
		at = len(b.groups)
		b.groups = append(b.groups, group{k.in, k.name, map[string][]int32{}})
	}
	of := b.groups[at].policies
	of[k.value] = appendNew(of[k.value], policy)
}

// appendNew appends the policy unless it is the last one already.
func appendNew(run []int32, policy int32) []int32 {
	if len(run) > 0 && run[len(run)-1] == policy {
		return run
	}
	return append(run, policy)
}

// grow builds the node whose path is the first depth bytes of each text. The
// texts are sorted, differ, and begin alike up to there.
func grow(texts []string, depth int, places map[head]*bucket) node {
	var n node
	if len(texts[0]) == depth {
		n.under, n.exact = places[head{texts[0], false}], places[head{texts[0], true}]
		texts = texts[1:]
	}
	var first []byte
	for len(texts) > 0 {
		byte0 := texts[0][depth]
		same := 1
		for same < len(texts) && texts[same][depth] == byte0 {
			same++
		}
		end := depth + 1 // where the texts of this branch part
		for low, high := texts[0], texts[same-1]; end < len(low) && low[end] == high[end]; {
			end++
		}
		below := grow(texts[:same], end, places)
		below.label = texts[0][depth:end]
		n.below = append(n.below, below)
		first = append(first, byte0)
		texts = texts[same:]
	}
	n.first = string(first)
	return n
}

// candidates appends the policies that may mean the request to runs: lists of
// numbers, each in order.
func (x *index) candidates(r *Request, runs [][]int32) [][]int32 {
	n, named := x.listeners[r.Listener]
	if !named {
		n = x.others
	}
	path := r.Path
	for n != nil {
		runs = n.under.collect(r, runs)
		if path == "" {
			return n.exact.collect(r, runs)
		}
		at := strings.IndexByte(n.first, path[0])
		if at < 0 {
			break
		}
		n = &n.below[at]
		if !strings.HasPrefix(path, n.label) {
			break
		}
		path = path[len(n.label):]
	}
	return runs
}

// collect appends the policies of the bucket that have the request's values.
func (b *bucket) collect(r *Request, runs [][]int32) [][]int32 {
	if b == nil {
		return runs
	}
	if len(b.rest) > 0 {
		runs = append(runs, b.rest)
	}
	for i := range b.groups {
		g := &b.groups[i]
		r.values(g.in, g.name, func(value string) bool {
			if run := g.policies[value]; run != nil {
				runs = append(runs, run)
			}
			return true
		})
	}
	return runs
}

// next takes the smallest number off the runs and returns it, and the runs
// that are left. There must be a run, and none may be empty.
func next(runs [][]int32) (int32, [][]int32) {
	least := runs[0][0]
	for _, run := range runs[1:] {
		least = min(least, run[0])
	}
	left := runs[:0]
	for _, run := range runs {
		if run[0] == least {
			run = run[1:]
		}
		if len(run) > 0 {
			left = append(left, run)
		}
	}
	return least, left
}
