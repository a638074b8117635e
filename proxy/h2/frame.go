package h2

import "encoding/binary"

// Kinds of frames, flags and codes that matter here (RFC 9113 sections 6 and 7).
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameContinuation = 0x9

	flagEndStream  = 0x1
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20

	codeProtocol = 0x1
)

// headLen is the length of what comes before every frame.
const headLen = 9

// head is what comes before every frame (RFC 9113 section 4.1).
type head struct {
	length int
	kind   byte
	flags  byte
	stream uint32
}

func readHead(b [headLen]byte) head {
	return head{
		length: int(b[0])<<16 | int(b[1])<<8 | int(b[2]),
		kind:   b[3],
		flags:  b[4],
		stream: binary.BigEndian.Uint32(b[5:]) & (1<<31 - 1),
	}
}

func (h head) has(flag byte) bool { return h.flags&flag != 0 }

// appendReset appends the frame that resets a stream.
func appendReset(b []byte, stream, code uint32) []byte {
	b = append(b, 0, 0, 4, frameReset, 0)
	b = binary.BigEndian.AppendUint32(b, stream)
	return binary.BigEndian.AppendUint32(b, code)
}

// frames finds the frames in bytes that come in pieces.
type frames struct {
	skip int // bytes before the next frame's head: the rest of a frame, or a preface
	got  int // of the head
	raw  [headLen]byte
	head head
}

// next takes bytes of the frame at hand, and returns what belongs to its
// payload, what comes after, and whether the frame is complete with them. Bytes
// that are head only have no payload.
func (f *frames) next(b []byte) (payload, rest []byte, complete bool) {
	if f.skip == 0 {
		n := copy(f.raw[f.got:], b)
		f.got += n
		if b = b[n:]; f.got < headLen {
			return nil, b, false
		}
		f.got = 0
		f.head = readHead(f.raw)
		f.skip = f.head.length
	}
	n := min(f.skip, len(b))
	f.skip -= n
	return b[:n], b[n:], f.skip == 0
}
