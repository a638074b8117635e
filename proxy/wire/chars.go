package wire

// class is what a byte may be part of.
type class uint8

const (
	tokenByte  class = 1 << iota // a token (RFC 9110 section 5.6.2)
	valueByte                    // a field value: visible, space, tab, obs-text (section 5.5)
	targetByte                   // a request target: visible but for "#", obs-text
	hexByte
)

// classes holds the class of every byte.
//
//nolint:gochecknoglobals // an immutable table
var classes = table()

func table() (t [256]class) {
	for c := range t {
		switch {
		case c == '\t', c == ' ':
			t[c] |= valueByte
		case c > ' ' && c < 0x7f, c >= 0x80:
			t[c] |= valueByte
			if c != '#' {
				t[c] |= targetByte
			}
		}
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			t[c] |= tokenByte
		}
		switch {
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F', c >= '0' && c <= '9':
			t[c] |= hexByte
		}
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] |= tokenByte
	}
	return t
}

// all says whether b is not empty and every byte of it is of the class.
func all(b []byte, c class) bool {
	for _, x := range b {
		if classes[x]&c == 0 {
			return false
		}
	}
	return len(b) > 0
}

// fold says whether b is s, which is in lower case, without regard to case.
func fold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}

// trim removes spaces and tabs around b (OWS).
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}
