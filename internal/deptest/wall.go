package deptest

import (
	"maps"
	"slices"
	"strings"
)

// root is where the names of our own packages begin; patterns write it "./".
const root = "github.com/poise-dev/poise/"

// Wall is one rule about imports. Patterns are those of the go command: a path,
// or a path with "/..." for everything at and below it. "./" stands for our
// module, "std" for the whole standard library, and a leading "!" takes away
// again what an earlier pattern took in.
type Wall struct {
	// From are the packages on this side of the wall. Only our own ones are
	// looked at.
	From []string
	// Never are the packages that must not be reached from there.
	Never []string
	// Only, when given, are all that may be imported from there, besides the
	// packages of From themselves. It is about direct imports.
	Only []string
	// Direct makes Never about direct imports, for what may be used through
	// another room but not touched.
	Direct bool
}

// Breaches returns every way through the wall as a chain of imports, shortest
// first for each package, in a stable order: "policies → net/url → net". None
// means the wall stands.
func (g Graph) Breaches(w Wall) []string {
	var all []string
	for _, p := range g.Rooms(w.From...) {
		if len(w.Only) > 0 {
			all = append(all, g.beyond(p, w)...)
		}
		all = append(all, g.through(p, w)...)
	}
	return all
}

// Rooms returns our own packages that match the patterns, in the order of their
// paths.
func (g Graph) Rooms(patterns ...string) []Package {
	var rooms []Package
	for _, path := range slices.Sorted(maps.Keys(g)) {
		if g[path].Ours() && g.match(patterns, path) {
			rooms = append(rooms, g[path])
		}
	}
	return rooms
}

// beyond returns the direct imports of p that its wall does not list.
func (g Graph) beyond(p Package, w Wall) []string {
	var all []string
	for _, to := range p.Imports {
		if !g.match(w.Only, to) && !g.match(w.From, to) {
			all = append(all, chain(p.ImportPath, to))
		}
	}
	return all
}

// through returns the shortest chain from p to each package it must not reach.
func (g Graph) through(p Package, w Wall) []string {
	var all []string
	came := map[string]string{p.ImportPath: ""}
	for queue := []string{p.ImportPath}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != p.ImportPath && w.Direct {
			continue
		}
		for _, to := range g[at].Imports {
			if _, seen := came[to]; seen {
				continue
			}
			came[to] = at
			if g.match(w.Never, to) {
				all = append(all, chain(steps(came, to)...))
				continue // what lies behind it is its own affair
			}
			queue = append(queue, to)
		}
	}
	return all
}

// match tells whether a path is among the patterns; the last one that says
// anything about it decides.
func (g Graph) match(patterns []string, path string) bool {
	in := false
	for _, pattern := range patterns {
		name, out := strings.CutPrefix(pattern, "!")
		if g.is(name, path) {
			in = !out
		}
	}
	return in
}

// is tells whether one pattern, without "!", is about the path.
func (g Graph) is(pattern, path string) bool {
	if pattern == "std" {
		return g[path].Standard
	}
	if name, ours := strings.CutPrefix(pattern, "./"); ours {
		pattern = root + name
	}
	if prefix, below := strings.CutSuffix(pattern, "..."); below {
		return strings.HasPrefix(path+"/", prefix)
	}
	return path == pattern
}

// steps walks back from a package to where the search began.
func steps(came map[string]string, to string) []string {
	var way []string
	for at := to; at != ""; at = came[at] {
		way = append(way, at)
	}
	slices.Reverse(way)
	return way
}

// chain writes a way through the graph, our own packages without the module.
func chain(way ...string) string {
	for i, path := range way {
		way[i] = strings.TrimPrefix(path, root)
	}
	return strings.Join(way, " → ")
}
