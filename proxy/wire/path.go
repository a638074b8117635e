package wire

import "bytes"

// DecodePath returns path with its percent-escapes resolved, once: "%2541" is
// "%41" and "%2F" is a slash like any other. It is path itself where there are
// none, and otherwise written over scratch. Not ok: an escape is not one of two
// hexadecimal digits.
func DecodePath(scratch, path []byte) (decoded []byte, ok bool) {
	i := bytes.IndexByte(path, '%')
	if i < 0 {
		return path, true
	}
	decoded = scratch[:0]
	for ; i >= 0; i = bytes.IndexByte(path, '%') {
		if len(path) < i+3 || classes[path[i+1]]&classes[path[i+2]]&hexByte == 0 {
			return nil, false
		}
		decoded = append(decoded, path[:i]...)
		decoded = append(decoded, unhex(path[i+1])<<4|unhex(path[i+2]))
		path = path[i+3:]
	}
	return append(decoded, path...), true
}

// unhex returns the value of a hexadecimal digit.
func unhex(x byte) byte {
	if x <= '9' {
		return x - '0'
	}
	return lower(x) - 'a' + 10
}
