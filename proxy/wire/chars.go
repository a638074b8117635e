package wire

import (
	"encoding/binary"
	"math/bits"
)

// class is what a byte may be part of.
type class uint8

const (
	tokenByte  class = 1 << iota // a token (RFC 9110 section 5.6.2)
	valueByte                    // a field value: visible, space, tab, obs-text (section 5.5)
	targetByte                   // a request target: visible but for "#", obs-text
	hostByte                     // a registered name or IPv4 address (RFC 3986 section 3.2.2), but for ","
	hexByte
	digitByte
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
		case c >= '0' && c <= '9':
			t[c] |= tokenByte | hostByte | hexByte | digitByte
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			t[c] |= tokenByte | hostByte | hexByte
		case c >= 'g' && c <= 'z', c >= 'G' && c <= 'Z':
			t[c] |= tokenByte | hostByte
		}
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] |= tokenByte
	}
	for _, c := range "-._~%!$&'()*+;=" {
		t[c] |= hostByte
	}
	return t
}

// all says whether b is not empty and every byte of it is of the class.
func all(b []byte, c class) bool { return len(b) > 0 && span(b, c) == len(b) }

// span returns how many bytes at the beginning of b are of the class.
func span(b []byte, c class) int {
	for i, x := range b {
		if classes[x]&c == 0 {
			return i
		}
	}
	return len(b)
}

// spanValue returns how many bytes at the beginning of b may be part of a field
// value. It is span(b, valueByte), eight bytes at a time.
func spanValue(b []byte) int {
	for i := 0; ; i++ {
		i += printable(b[i:])
		if i == len(b) || b[i] != '\t' {
			return i
		}
	}
}

// printable returns how many bytes at the beginning of b are no control
// characters.
func printable(b []byte) int {
	const ones, high, del = 0x0101010101010101, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f
	i := 0
	for ; len(b)-i >= 8; i += 8 {
		// A borrow runs upwards only, so the lowest byte that is marked is right.
		x := binary.LittleEndian.Uint64(b[i:])
		d := x ^ del
		if marked := ((x - ones*' ') &^ x & high) | ((d - ones) &^ d & high); marked != 0 {
			return i + bits.TrailingZeros64(marked)/8
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] != 0x7f {
		i++
	}
	return i
}

// fold says whether b is s, which is in lower case, without regard to case.
func fold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if lower(c) != s[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
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

// decimal reads digits and nothing else.
func decimal(b []byte) (n int64, ok bool) {
	const most = 1<<62 - 1
	for _, c := range b {
		if classes[c]&digitByte == 0 || n > most/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0
}
