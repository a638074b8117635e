package fault

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/poise-dev/poise/policies"
)

// frames follows the frames of one direction of a websocket (RFC 6455 section
// 5.2). It checks nothing: what it cannot follow, passes.
//
//	0 FIN, RSV, opcode │ 1 MASK, length │ 0, 2 or 8 bytes of length │ 0 or 4 of mask │ payload
type frames struct {
	head [maxFrameHead]byte
	have int    // bytes of the head read so far
	left uint64 // bytes of the payload still to come
}

const maxFrameHead = 14

// Opcodes of frames.
const (
	opContinuation = 0x0
	opClose        = 0x8
)

// rest returns the bytes of a head that is not whole.
func (f *frames) rest() []byte {
	if f.left > 0 || f.have == f.headLength() {
		return nil
	}
	return f.head[:f.have]
}

// between says whether the next byte begins a frame.
func (f *frames) between() bool { return f.left == 0 && (f.have == 0 || f.have == f.headLength()) }

// begins says whether the frame whose head was read begins a message.
func (f *frames) begins() bool { return f.opcode() != opContinuation && !f.control() }

// ends says whether that frame is the last of its message.
func (f *frames) ends() bool { return f.head[0]&0x80 != 0 && !f.control() }

// control says whether that frame stands by itself, wherever it comes.
func (f *frames) control() bool { return f.opcode() >= opClose }

func (f *frames) opcode() byte { return f.head[0] & 0x0f }

// headLength returns how long the head is, as far as its first two bytes tell.
func (f *frames) headLength() int {
	if f.have < 2 {
		return 2
	}
	length := 2
	switch f.head[1] & 0x7f {
	case 126:
		length += 2
	case 127:
		length += 8
	}
	if f.head[1]&0x80 != 0 {
		length += 4
	}
	return length
}

// readHead takes bytes of a head, and says how many, and whether it is whole.
func (f *frames) readHead(b []byte) (n int, whole bool) {
	for n < len(b) && f.have < f.headLength() {
		f.head[f.have] = b[n]
		f.have++
		n++
	}
	if f.have < f.headLength() {
		return n, false
	}
	switch length := f.head[1] & 0x7f; length {
	case 126:
		f.left = uint64(binary.BigEndian.Uint16(f.head[2:]))
	case 127:
		f.left = min(binary.BigEndian.Uint64(f.head[2:]), math.MaxInt64)
	default:
		f.left = uint64(length)
	}
	return n, true
}

// follow takes bytes, and says how many, and whether they completed the head of
// a frame. It takes bytes of a head or of a payload, never of both.
func (f *frames) follow(b []byte) (n int, head bool) {
	if f.left == 0 {
		if f.have == f.headLength() {
			f.have = 0 // a frame has ended
		}
		return f.readHead(b)
	}
	n = int(min(uint64(len(b)), f.left)) //nolint:gosec // at most len(b)
	f.left -= uint64(n)
	return n, false
}

// closeFrame returns a close frame with a code (RFC 6455 section 5.5.1), as a
// server sends it.
func closeFrame(code int) []byte {
	return []byte{0x80 | opClose, 2, byte(code >> 8), byte(code)} //nolint:gosec // below 5000
}

// independent says whether the messages of a websocket can be understood without
// those before: not if they are compressed with what both sides remember of them
// (RFC 7692 section 7.1.1).
func independent(f policies.Fields) bool {
	for i := 0; ; i++ {
		extensions, ok := f.Field("Sec-Websocket-Extensions", i)
		if !ok {
			return true
		}
		remembers := !strings.Contains(extensions, "server_no_context_takeover") || !strings.Contains(extensions, "client_no_context_takeover")
		if remembers && strings.Contains(extensions, "permessage-deflate") {
			return false
		}
	}
}
