package policies

import "strings"

// parameters yields the values of the named parameter of a raw query, in
// order. Pairs end at "&" only (";" is an ordinary character), "+" is a space,
// and an escape that is none is taken literally. Nothing is allocated unless
// the name or a value is really escaped.
func parameters(query, name string, yield func(string) bool) {
	var pair string
	for query != "" {
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if unescape(key) == name && !yield(unescape(value)) {
			return
		}
	}
}

// unescape returns s as a form means it.
func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	var plain strings.Builder
	plain.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			plain.WriteByte(' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			plain.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
		default:
			plain.WriteByte(c)
		}
	}
	return plain.String()
}

// isHex tells whether c is a hexadecimal digit.
func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
