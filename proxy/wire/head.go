package wire

import "bytes"

// Field is one header field: its name and value, and the whole line they came
// in, line end included.
type Field struct {
	Name, Value, Line []byte
	Known             Known
}

// Known is a field this package has to understand.
type Known uint8

// The fields that frame a message, or that end at the next hop.
const (
	Other Known = iota
	Connection
	ContentLength
	ContentType
	Expect
	Host
	KeepAlive
	MaxForwards
	ProxyConnection
	TE
	Trailer
	TransferEncoding
	Upgrade
)

// known returns which field a name is. Lengths first: most names end there.
func known(name []byte) Known {
	switch len(name) {
	case 2:
		return either(name, "te", TE)
	case 4:
		return either(name, "host", Host)
	case 6:
		return either(name, "expect", Expect)
	case 7:
		if fold(name, "trailer") {
			return Trailer
		}
		return either(name, "upgrade", Upgrade)
	case 10:
		if fold(name, "keep-alive") {
			return KeepAlive
		}
		return either(name, "connection", Connection)
	case 12:
		if fold(name, "max-forwards") {
			return MaxForwards
		}
		return either(name, "content-type", ContentType)
	case 14:
		return either(name, "content-length", ContentLength)
	case 16:
		return either(name, "proxy-connection", ProxyConnection)
	case 17:
		return either(name, "transfer-encoding", TransferEncoding)
	}
	return Other
}

func either(name []byte, s string, k Known) Known {
	if fold(name, s) {
		return k
	}
	return Other
}

// Head is a view of one message head. Its slices are parts of the buffer it
// was read from.
type Head struct {
	// Start is the first line, without its end.
	Start []byte
	// Method and Target are those of a request.
	Method, Target []byte
	// Status and Reason are those of an answer.
	Status int
	Reason []byte
	// Minor is the x of HTTP/1.x.
	Minor  int
	Fields []Field
	// Body is how the body is framed.
	Body Body
	// Close: the sender closes the connection after this message.
	Close bool
	// Upgrade is the protocol asked for, or agreed to; nil: none.
	Upgrade []byte

	nominated bool // Connection names fields beside close, keep-alive and upgrade
	hops      int  // fields that end here
}

// Body is how a body is framed.
type Body struct {
	// Length is the number of bytes; -1: it is not known in advance.
	Length int64
	// Chunked: in chunks. Neither chunked nor a length: until the connection
	// ends (answers), or none (requests).
	Chunked bool
}

// Bounds of a head.
const (
	MaxFields = 200
	MaxLine   = 16 << 10
)

// End returns where the head in b ends: behind the empty line, or -1 when it is
// not whole yet. Looking starts at from, so that a head that comes in pieces is
// not looked through again; from is where the last look ended.
func End(b []byte, from int) int {
	from = max(0, from-3)
	if i := bytes.Index(b[from:], []byte("\r\n\r\n")); i >= 0 {
		return from + i + 4
	}
	return -1
}

// Blank returns how many empty lines stand before a request: a client may send
// one too many (RFC 9112 section 2.2).
func Blank(b []byte) (n int) {
	for len(b) >= n+2 && b[n] == '\r' && b[n+1] == '\n' {
		n += 2
	}
	return n
}

// reset makes h ready for another head, keeping its memory.
func (h *Head) reset() {
	fields := h.Fields[:0]
	*h = Head{Fields: fields}
	h.Body.Length = -1
}

// line cuts the first line off b, and refuses a bare CR or LF. The line comes
// without its end.
func line(b []byte) (first, rest []byte, err *Error) {
	i := bytes.IndexByte(b, '\n')
	if i < 1 || b[i-1] != '\r' {
		return nil, nil, bad("a line does not end in CR LF")
	}
	if i > MaxLine {
		return nil, nil, &Error{431, "a line is too long"}
	}
	return b[:i-1], b[i+1:], nil
}

// fields reads the lines of b, up to the empty one.
func (h *Head) fields(b []byte) *Error {
	for {
		text, rest, err := line(b)
		if err != nil {
			return err
		}
		if len(text) == 0 {
			return nil
		}
		if len(h.Fields) == MaxFields {
			return &Error{431, "there are too many header fields"}
		}
		f, err := readField(text)
		if err != nil {
			return err
		}
		f.Line = b[:len(text)+2]
		if err := h.note(&f); err != nil {
			return err
		}
		h.Fields = append(h.Fields, f)
		b = rest
	}
}

// readField reads one line. A folded line begins with white space and so is no
// token.
func readField(text []byte) (f Field, err *Error) {
	colon := bytes.IndexByte(text, ':')
	if colon < 1 || !all(text[:colon], tokenByte) {
		return f, bad("a header line has no proper name")
	}
	f.Name, f.Value = text[:colon], trim(text[colon+1:])
	if len(f.Value) > 0 && !all(f.Value, valueByte) {
		return f, bad("a header value holds control characters")
	}
	f.Known = known(f.Name)
	return f, nil
}

// note learns from a field what it says about the message.
func (h *Head) note(f *Field) *Error {
	switch f.Known {
	case ContentLength:
		return h.noteLength(f)
	case TransferEncoding:
		h.hops++
		if h.Body.Chunked || !fold(f.Value, "chunked") {
			return &Error{501, "a transfer coding other than chunked is not understood"}
		}
		h.Body.Chunked = true
	case Connection, ProxyConnection:
		h.hops++
		if f.Known == Connection {
			h.noteConnection(f.Value)
		}
	case KeepAlive, TE:
		h.hops++
	case Upgrade:
		h.hops++
		h.Upgrade = f.Value
	default:
	}
	return nil
}

// noteLength reads a Content-Length. The same length twice is one; two lengths
// are none.
func (h *Head) noteLength(f *Field) *Error {
	n, ok := decimal(f.Value)
	switch {
	case !ok:
		return bad("Content-Length is not a number")
	case h.Body.Length >= 0 && h.Body.Length != n:
		return bad("there are two different lengths")
	case h.Body.Length == n:
		h.hops++ // the second one is left out
	}
	h.Body.Length = n
	return nil
}

// decimal reads digits and nothing else.
func decimal(b []byte) (n int64, ok bool) {
	const most = 1<<62 - 1
	for _, c := range b {
		if c < '0' || c > '9' || n > most/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0
}

// noteConnection reads the options of a Connection field.
func (h *Head) noteConnection(value []byte) {
	for option := range options(value) {
		switch {
		case fold(option, "close"):
			h.Close = true
		case fold(option, "keep-alive"), fold(option, "upgrade"):
		default:
			h.nominated = true
		}
	}
}

// options yields the parts of a comma-separated list.
func options(value []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(value) > 0 {
			part := value
			if i := bytes.IndexByte(value, ','); i >= 0 {
				part, value = value[:i], value[i+1:]
			} else {
				value = nil
			}
			if part = trim(part); len(part) > 0 && !yield(part) {
				return
			}
		}
	}
}

// Has says whether a list field, such as Connection or TE, holds an option,
// which is in lower case.
func (h *Head) Has(k Known, option string) bool {
	for i := range h.Fields {
		if h.Fields[i].Known != k {
			continue
		}
		for part := range options(h.Fields[i].Value) {
			if fold(part, option) {
				return true
			}
		}
	}
	return false
}

// Value returns the first value of a known field, or nil.
func (h *Head) Value(k Known) []byte {
	for i := range h.Fields {
		if h.Fields[i].Known == k {
			return h.Fields[i].Value
		}
	}
	return nil
}
