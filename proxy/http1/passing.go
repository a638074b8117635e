package http1

import (
	"errors"
	"io"

	"github.com/poise-dev/poise/proxy/wire"
)

// passing is a body on its way: how much of it is still to come.
type passing struct {
	framing wire.Body
	left    int64
	chunks  wire.Chunks
	plain   bool // chunks are taken off, for a client of HTTP/1.0
	ended   bool // one that lasts until the connection ends
}

func newPassing(framing wire.Body, plain bool) passing {
	return passing{framing: framing, left: framing.Length, plain: plain && framing.Chunked}
}

// untilClose says whether the body ends with the connection it is sent on.
func (p *passing) untilClose() bool {
	return p.plain || (!p.framing.Chunked && p.framing.Length < 0)
}

// done says whether the body is over.
func (p *passing) done() bool {
	switch {
	case p.framing.Chunked:
		return p.chunks.Done()
	case p.framing.Length >= 0:
		return p.left == 0
	default:
		return p.ended
	}
}

// take returns how many of the bytes in b belong to the body. Data gets the
// pieces without chunks, where they are taken off.
func (p *passing) take(b []byte, data func([]byte)) (int, error) {
	switch {
	case p.framing.Chunked:
		if !p.plain {
			data = nil
		}
		n, err := p.chunks.Walk(b, data)
		if err != nil {
			return n, err
		}
		return n, nil
	case p.framing.Length >= 0:
		n := int(min(p.left, int64(len(b))))
		p.left -= int64(n)
		return n, nil
	default:
		return len(b), nil
	}
}

// eof tells the body that its connection ended, which is the end of some bodies
// and a cut for all others.
func (p *passing) eof(err error) error {
	if !p.framing.Chunked && p.framing.Length < 0 && errors.Is(err, io.EOF) {
		p.ended = true
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
