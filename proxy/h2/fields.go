package h2

// HPACK writes a header field as an index into a table, or as name and value,
// each plain or in Huffman code (RFC 7541 section 6). A field that may not be in
// a request gets into the dynamic table only by being written out once, which
// is when it is noticed: so no table is kept here, and nothing is decoded.

// forbidden are the names that make a request malformed, plain and in Huffman
// code (RFC 9113 section 8.2.2).
func forbidden(name []byte) bool {
	switch string(name) {
	case "connection", "\x21\xea\xa8\xa4\x49\x8f\x57",
		"keep-alive", "\xea\x52\xd6\xb0\xe8\x37\x72\xff",
		"proxy-connection", "\xae\xc3\xf9\xf4\xb1\x0f\x55\x45\x22\x4c\x7a\xbf",
		"transfer-encoding", "\x4d\x83\xa9\x12\x96\xc5\x8b\x51\x0f\x21\xaa\x9b",
		"upgrade", "\xb6\xb9\xac\x1c\x85":
		return true
	}
	return false
}

// isTE says whether a name is "te", whose value may only be "trailers".
func isTE(name []byte) bool { return string(name) == "te" || string(name) == "\x49\x7f" }

func isTrailers(value []byte) bool {
	switch string(value) {
	case "", "trailers", "\x4d\x83\x35\x05\xb1\x1f":
		return true
	}
	return false
}

// transferEncoding is the place of the one forbidden name in the static table
// (RFC 7541 appendix A).
const transferEncoding = 57

// wellFormed says whether a header block has no field that a request may not
// have. A block that breaks off or makes no sense is left to the decoder.
func wellFormed(block []byte) bool {
	b := fields{block}
	for len(b.rest) > 0 {
		kind := b.rest[0]
		switch {
		case kind&0x80 != 0: // a field by its index
			if b.integer(7) == transferEncoding {
				return false
			}
		case kind&0xe0 == 0x20: // a new size of the table
			b.integer(5)
		default: // a field written out, to be indexed or not
			prefix := 4
			if kind&0xc0 == 0x40 {
				prefix = 6
			}
			index := b.integer(prefix)
			var name []byte
			if index == 0 {
				name = b.text()
			}
			value := b.text()
			if index == transferEncoding || forbidden(name) || isTE(name) && !isTrailers(value) {
				return false
			}
		}
	}
	return true
}

// fields reads the representations of a header block. Where one makes no sense
// the rest is empty.
type fields struct{ rest []byte }

// maxInteger bounds an integer: no index and no length here is larger.
const maxInteger = 1 << 24

// integer reads an integer whose first byte leaves it so many bits (RFC 7541
// section 5.1).
func (f *fields) integer(bits int) int {
	if len(f.rest) == 0 {
		return 0
	}
	most := 1<<bits - 1
	n := int(f.rest[0]) & most
	f.rest = f.rest[1:]
	if n < most {
		return n
	}
	for shift := 0; len(f.rest) > 0 && n < maxInteger; shift += 7 {
		b := f.rest[0]
		f.rest = f.rest[1:]
		n += int(b&0x7f) << min(shift, 24)
		if b&0x80 == 0 {
			return n
		}
	}
	f.rest = nil
	return 0
}

// text reads a string as it is written, plain or in Huffman code (RFC 7541
// section 5.2).
func (f *fields) text() []byte {
	n := f.integer(7)
	if n > len(f.rest) {
		f.rest = nil
		return nil
	}
	text := f.rest[:n]
	f.rest = f.rest[n:]
	return text
}
