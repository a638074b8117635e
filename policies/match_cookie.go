package policies

import "strings"

// cookies yields the values of the named cookie in one Cookie field, and
// reports whether yield wants more. The form is that of RFC 6265 section
// 4.2.1, read as servers do: pairs end at ";", white space around names and
// values does not count, quotes are part of the value, and what has no "=" is
// no cookie.
func cookies(field, name string, yield func(string) bool) bool {
	var pair string
	for field != "" {
		pair, field, _ = strings.Cut(field, ";")
		key, value, ok := strings.Cut(pair, "=")
		if ok && strings.Trim(key, " \t") == name && !yield(strings.Trim(value, " \t")) {
			return false
		}
	}
	return true
}
