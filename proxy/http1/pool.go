package http1

import "sync"

// Sizes of buffers. A head of up to bigSize passes; most messages need only
// smallSize.
const (
	smallSize = 8 << 10
	bigSize   = 64 << 10
)

// pool lends buffers of two sizes. They are kept as pointers to arrays, which a
// sync.Pool holds without allocating.
type pool struct{ small, big sync.Pool }

func (p *pool) getSmall() []byte {
	if b, ok := p.small.Get().(*[smallSize]byte); ok {
		return b[:]
	}
	return new([smallSize]byte)[:]
}

func (p *pool) getBig() []byte {
	if b, ok := p.big.Get().(*[bigSize]byte); ok {
		return b[:]
	}
	return new([bigSize]byte)[:]
}

// put takes a buffer back, whatever part of it is in use. One that grew beyond
// its size, or nil, is left to the collector.
func (p *pool) put(b []byte) {
	switch cap(b) {
	case smallSize:
		p.small.Put((*[smallSize]byte)(b[:smallSize]))
	case bigSize:
		p.big.Put((*[bigSize]byte)(b[:bigSize]))
	}
}
