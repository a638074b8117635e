package http1

import "sync"

// pool lends buffers of one size.
type pool struct {
	size int
	free sync.Pool
}

func newPool(size int) *pool { return &pool{size: size} }

func (p *pool) get() []byte {
	if b, ok := p.free.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, p.size)
}

// put takes a buffer back, and leaves one of another size to the collector.
func (p *pool) put(b []byte) {
	if cap(b) != p.size {
		return
	}
	b = b[:p.size]
	p.free.Put(&b)
}
