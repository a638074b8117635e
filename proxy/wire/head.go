package wire

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
	// Minor is the x of HTTP/1.x; 1 where it is more.
	Minor  int
	Fields []Field
	// Body is how the body is framed.
	Body Body
	// Close: the sender closes the connection after this message, or it has to
	// be closed because where the message ends is in doubt.
	Close bool
	// Upgrade is the protocol asked for, or agreed to; nil: none, or one that
	// carries requests past us, such as h2c.
	Upgrade []byte

	target    target
	touched   bool // something is left out or written anew on the way
	hosted    bool // there was a Host field
	upgrading bool // Connection names upgrade
	trailers  bool // TE says that trailers are welcome
	upgrades  int  // Upgrade fields
	nominated int  // options of Connection beside close, keep-alive and upgrade
	hopsLeft  int64
}

// Body is how a body is framed.
type Body struct {
	// Length is the number of bytes; -1: it is not known in advance.
	Length int64
	// Chunked: in chunks. Neither chunked nor a length: until the connection
	// ends (answers), or none (requests).
	Chunked bool
}

// Bounds of a head. MaxLine is in bytes, line end included.
const (
	MaxFields = 200
	MaxLine   = 16 << 10

	maxOptions = 64 // in the Connection fields together
)

// reset makes h ready for another head, keeping its memory.
func (h *Head) reset() {
	*h = Head{Fields: h.Fields[:0], Body: Body{Length: -1}}
}

// end notes that a field does not go on.
func (h *Head) end(f *Field) {
	f.fate, h.touched = ends, true
}

// renew notes that a field goes on in a line of our own making.
func (h *Head) renew(f *Field) {
	f.fate, h.touched = anew, true
}

// endAll ends every field of a kind.
func (h *Head) endAll(k Known) {
	for i := range h.Fields {
		if h.Fields[i].Known == k {
			h.end(&h.Fields[i])
		}
	}
}

// Has says whether a list field, such as Connection or TE, holds an option,
// which is in lower case.
func (h *Head) Has(k Known, option string) bool {
	for i := range h.Fields {
		if h.Fields[i].Known == k && holds(h.Fields[i].Value, option) {
			return true
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
