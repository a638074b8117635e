package wire

// longestName is the length of the longest name that may not be a trailer.
const longestName = len("proxy-authorization")

// trailer takes a byte of the trailer section: header fields of which none may
// be about the message itself, and an empty line.
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
	case c.state <= trailerName && classes[x]&tokenByte != 0:
		c.state = trailerName
		c.note(x)
	case c.state == trailerName && x == ':':
		if c.n <= longestName && neverTrails(c.name[:c.n]) {
			return bad("a trailer frames or routes the message, which is too late")
		}
		c.state = trailerValue
	case c.state == trailerValue && x == '\r':
		c.state = trailerLF
	case c.state == trailerValue && classes[x]&valueByte != 0:
	default:
		return bad("a trailer is not a header field")
	}
	return nil
}

// note keeps the name of a trailer, as far as it matters.
func (c *Chunks) note(x byte) {
	if c.n < longestName {
		c.name[c.n] = x
	}
	c.n++
}
