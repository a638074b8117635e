package policies

import "strconv"

// hostTest asks something of the host: port and trailing dot ignored, in lower
// case.
type hostTest struct{ predicate }

func (t *hostTest) holds(r *Request) bool { return t.matches(r.host()) }

func (t *hostTest) say(r *Request, holds bool) string {
	return "host " + strconv.Quote(r.host()) + " " + t.predicate.say(holds)
}

// hostLike is the predicate of a host glob: a star stands for one or more
// characters, dots included.
func hostLike(pattern string) predicate {
	return predicate{newWildcard(hostname(pattern), 1).matches, "is like", "is not like", pattern}
}
