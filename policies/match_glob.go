package policies

import "strings"

// wildcard is a pattern in which each star stands for any characters, at least
// so many.
type wildcard struct {
	parts []string // between the stars
	least int
}

// newWildcard reads a pattern; stars in a row are one star.
func newWildcard(pattern string, least int) wildcard {
	for strings.Contains(pattern, "**") {
		pattern = strings.ReplaceAll(pattern, "**", "*")
	}
	return wildcard{strings.Split(pattern, "*"), least}
}

// matches tells whether the whole text fits the pattern. Each part is taken at
// its first place, which leaves the most room for the rest.
func (w wildcard) matches(text string) bool {
	first, last := w.parts[0], w.parts[len(w.parts)-1]
	if len(w.parts) == 1 {
		return text == first
	}
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for _, part := range w.parts[1 : len(w.parts)-1] {
		if len(text) < w.least {
			return false
		}
		at := strings.Index(text[w.least:], part)
		if at < 0 {
			return false
		}
		text = text[w.least+at+len(part):]
	}
	return len(text) >= w.least+len(last) && strings.HasSuffix(text, last)
}

// glob is a pattern of path segments. A segment "*" stands for one segment
// that is not empty, a star in a segment for any part of it, and a segment
// "**" for any number of segments, none included.
type glob []segment

// segment is one segment of a glob.
type segment struct {
	many bool // "**"
	wildcard
}

func newGlob(pattern string) glob {
	var g glob
	for text := range strings.SplitSeq(pattern, "/") {
		least := 0
		if text == "*" {
			least = 1
		}
		g = append(g, segment{many: text == "**", wildcard: newWildcard(text, least)})
	}
	return g
}

// matches tells whether the whole path fits the pattern. Where it does not,
// the last "**" takes one segment more; an earlier one never has to.
func (g glob) matches(path string) bool {
	// What is left of the path, and whether anything is: an empty rest may be
	// an empty segment.
	type rest struct {
		path string
		more bool
	}
	left, again := rest{path, true}, rest{}
	at, many := 0, -1 // the segment at hand, and the last "**"
	for left.more || at < len(g) {
		if at < len(g) && g[at].many {
			many, again = at, left
			at++
			continue
		}
		if at < len(g) && left.more {
			text, after, more := strings.Cut(left.path, "/")
			if g[at].matches(text) {
				left = rest{after, more}
				at++
				continue
			}
		}
		if !again.more {
			return false
		}
		_, again.path, again.more = strings.Cut(again.path, "/")
		left, at = again, many+1
	}
	return true
}

// globHead returns the literal text every matching path begins with. A "**" may
// stand for nothing, its slash included.
func globHead(pattern string) string {
	before, _, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern
	}
	return strings.TrimSuffix(before, "/")
}
