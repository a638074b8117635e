package wire

// Chunks walks a chunked body as it passes, to find its end, and refuses one
// that two readers could understand differently (RFC 9112 section 7.1). The
// bytes themselves are left as they are, extensions and trailers included. The
// zero Chunks is at the beginning of a body.
type Chunks struct {
	state chunkState
	left  uint64 // bytes left of the chunk
	n     int    // length so far of the line being read
	total int    // of the trailers
}

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkExt
	chunkSizeLF
	chunkData
	chunkDataCR
	chunkDataLF
	trailerStart
	trailerName
	trailerValue
	trailerLF
	lastLF
	chunksDone
)

// maxTrailers bounds the trailers of a body, and maxChunkLine a size with its
// extensions, in bytes.
const (
	maxTrailers  = 16 << 10
	maxChunkLine = 4 << 10
)

// Done says whether the body has ended.
func (c *Chunks) Done() bool { return c.state == chunksDone }

// Walk goes over b and returns how many bytes of it belong to the body: all, or
// fewer when the body ends in it. Data calls, where it is not nil, are made for
// the pieces of data in b.
func (c *Chunks) Walk(b []byte, data func([]byte)) (n int, err *Error) {
	for n < len(b) && c.state != chunksDone {
		if c.state == chunkData {
			size := int(min(c.left, uint64(len(b)-n))) //nolint:gosec // at most len(b)
			if data != nil {
				data(b[n : n+size])
			}
			n += size
			if c.left -= uint64(size); c.left == 0 {
				c.state = chunkDataCR
			}
			continue
		}
		if err := c.step(b[n]); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// step takes one byte outside of data.
func (c *Chunks) step(x byte) *Error {
	switch c.state {
	case chunkSize, chunkExt, chunkSizeLF:
		return c.sizeLine(x)
	case chunkDataCR:
		return c.expect(x, '\r', chunkDataLF)
	case chunkDataLF:
		c.n = 0
		return c.expect(x, '\n', chunkSize)
	default:
		return c.trailer(x)
	}
}

func (c *Chunks) expect(x, want byte, next chunkState) *Error {
	if x != want {
		return bad("a chunk does not end where its size says")
	}
	c.state = next
	return nil
}

// sizeLine takes a byte of "1a;extension CR LF".
func (c *Chunks) sizeLine(x byte) *Error {
	if c.n++; c.n > maxChunkLine {
		return bad("a chunk size, or its extension, is too long")
	}
	switch {
	case c.state == chunkSizeLF:
		if x != '\n' {
			return bad("a chunk size does not end in CR LF")
		}
		c.n = 0
		c.state = chunkData
		if c.left == 0 {
			c.state = trailerStart
		}
	case x == '\r':
		if c.n == 1 {
			return bad("a chunk has no size")
		}
		c.state = chunkSizeLF
	case c.state == chunkSize && classes[x]&hexByte != 0:
		if c.left > 1<<58 {
			return bad("a chunk size is too large")
		}
		c.left = c.left<<4 | uint64(unhex(x))
	case c.state == chunkSize && c.n > 1 && (x == ';' || x == ' ' || x == '\t'):
		c.state = chunkExt
	case c.state == chunkExt && classes[x]&valueByte != 0:
	default:
		return bad("a chunk size is not a number")
	}
	return nil
}

// trailer takes a byte of the trailer section.
func (c *Chunks) trailer(x byte) *Error {
	if c.total++; c.total > maxTrailers {
		return &Error{431, "the trailers are too long"}
	}
	switch {
	case c.state == trailerStart && x == '\r':
		c.state = lastLF
	case c.state == lastLF && x == '\n':
		c.state = chunksDone
	case c.state == trailerLF && x == '\n':
		c.state, c.n = trailerStart, 0
	case (c.state == trailerStart || c.state == trailerName && x != ':') && classes[x]&tokenByte != 0:
		c.state = trailerName
	case c.state == trailerName && x == ':':
		c.state = trailerValue
	case c.state == trailerValue && x == '\r':
		c.state = trailerLF
	case c.state == trailerValue && classes[x]&valueByte != 0:
	default:
		return bad("a trailer is not a header field")
	}
	return nil
}

func unhex(x byte) byte {
	switch {
	case x <= '9':
		return x - '0'
	case x >= 'a':
		return x - 'a' + 10
	default:
		return x - 'A' + 10
	}
}
