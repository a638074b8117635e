package policies

import (
	"strconv"
	"strings"
)

// pathTest asks something of the path, which is percent-decoded once and
// otherwise as it came.
type pathTest struct{ predicate }

func (t *pathTest) holds(r *Request) bool { return t.matches(r.Path) }

func (t *pathTest) say(r *Request, holds bool) string {
	return "path " + strconv.Quote(r.Path) + " " + t.predicate.say(holds)
}

// under is the predicate of a path prefix: whole segments, and a trailing
// slash of the prefix does not count. Every path is under "/".
func under(prefix string) predicate {
	above := bare(prefix)
	return predicate{
		func(path string) bool {
			return above == "" || strings.HasPrefix(path, above) &&
				(len(path) == len(above) || path[len(above)] == '/')
		},
		"is under", "is not under", prefix,
	}
}

// bare returns a path prefix without its trailing slash.
func bare(prefix string) string { return strings.TrimSuffix(prefix, "/") }

// like is the predicate of a path glob.
func like(pattern string) predicate {
	return predicate{newGlob(pattern).matches, "is like", "is not like", pattern}
}
