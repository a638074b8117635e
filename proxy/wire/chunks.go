package wire

// Chunks walks a chunked body as it passes, to find its end, and refuses one
// that two readers could understand differently (RFC 9112 section 7.1). The
// bytes themselves are left as they are, extensions and trailers included. The
// zero Chunks is at the beginning of a body.
type Chunks struct {
	left  uint64 // bytes left of the chunk
	n     int    // length so far of the line being read
	total int    // of the trailers
	name  [longestName]byte
	state chunkState
}

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkBlank
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

// Bounds of what is not data, in bytes: the digits of a size, a size with its
// extensions, and the trailers of a body.
const (
	maxSize      = 16
	maxChunkLine = 4 << 10
	maxTrailers  = 16 << 10
)

// Done says whether the body has ended.
func (c *Chunks) Done() bool { return c.state == chunksDone }

// Walk goes over b and returns how many bytes of it belong to the body: all, or
// fewer when the body ends in it. Data, where it is not nil, is called with the
// pieces of data in b.
//
// On an error n bytes were good. Whoever has sent them on has not sent a whole
// message; whoever sends the next byte too may have, to a reader less strict.
func (c *Chunks) Walk(b []byte, data func([]byte)) (n int, err *Error) {
	for n < len(b) && c.state != chunksDone {
		if c.state != chunkData {
			if err := c.step(b[n]); err != nil {
				return n, err
			}
			n++
			continue
		}
		size := int(min(c.left, uint64(len(b)-n))) //nolint:gosec // at most len(b)
		if data != nil {
			data(b[n : n+size])
		}
		n += size
		if c.left -= uint64(size); c.left == 0 {
			c.state = chunkDataCR
		}
	}
	return n, nil
}

// step takes one byte outside of data.
func (c *Chunks) step(x byte) *Error {
	switch c.state {
	case chunkSize, chunkBlank, chunkExt, chunkSizeLF:
		return c.sizeLine(x)
	case chunkDataCR:
		return c.expect(x, '\r', chunkDataLF)
	case chunkDataLF:
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

// sizeLine takes a byte of "1a;extension CR LF". White space behind the size,
// which old servers pad it with, is let through, but nothing behind that.
func (c *Chunks) sizeLine(x byte) *Error {
	if c.n++; c.n > maxChunkLine {
		return bad("a chunk size, or its extension, is too long")
	}
	switch {
	case c.state == chunkSizeLF:
		return c.endSize(x)
	case c.state == chunkSize && classes[x]&hexByte != 0:
		if c.n > maxSize || c.left > 1<<58 {
			return bad("a chunk size is too large")
		}
		c.left = c.left<<4 | uint64(unhex(x))
	case c.n == 1:
		return bad("a chunk has no size")
	case x == '\r':
		c.state = chunkSizeLF
	case c.state == chunkExt && classes[x]&valueByte != 0:
	case c.state == chunkSize && x == ';':
		c.state = chunkExt
	case c.state != chunkExt && (x == ' ' || x == '\t'):
		c.state = chunkBlank
	default:
		return bad("a chunk size is not a number")
	}
	return nil
}

func (c *Chunks) endSize(x byte) *Error {
	if x != '\n' {
		return bad("a chunk size does not end in CR LF")
	}
	c.n = 0
	c.state = chunkData
	if c.left == 0 {
		c.state = trailerStart
	}
	return nil
}
