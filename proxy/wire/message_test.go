package wire_test

import "github.com/poise-dev/poise/proxy/wire"

// message is what became of the first message in some bytes.
type message struct {
	head  wire.Head
	out   []byte // head and body as they are forwarded
	body  []byte // of out, the body
	rest  []byte // behind the message
	whole bool   // the end of the body was there
	err   *wire.Error
}

// request forwards the first request of in, as a connection would.
func request(in []byte, f *wire.Forward) (m message) {
	in = in[wire.Blank(in):]
	end := wire.End(in, 0)
	if end < 0 {
		m.err = wire.Early(in, 0)
		return m
	}
	if m.err = wire.ReadRequest(in[:end], &m.head); m.err != nil {
		return m
	}
	m.out = m.head.AppendRequest(nil, f)
	m.take(in[end:])
	return m
}

// response forwards the first answer of in, to a request with the method.
func response(in []byte, method string, f *wire.Forward) (m message) {
	end := wire.End(in, 0)
	if end < 0 {
		return m
	}
	if m.err = wire.ReadResponse(in[:end], []byte(method), &m.head); m.err != nil {
		return m
	}
	m.out = m.head.AppendResponse(nil, f)
	m.take(in[end:])
	return m
}

// take splits what is behind the head into the body and the rest.
func (m *message) take(in []byte) {
	n, body := len(in), m.head.Body
	switch {
	case body.Chunked:
		var c wire.Chunks
		n, m.err = c.Walk(in, nil)
		m.whole = c.Done()
	case body.Length >= 0:
		n = int(min(body.Length, int64(len(in))))
		m.whole = int64(n) == body.Length
	default:
		m.whole = true // the end of the connection is its end
	}
	m.body, m.rest = in[:n], in[n:]
	m.out = append(m.out, m.body...)
}

// data returns the body without chunks.
func (m *message) data() string {
	if !m.head.Body.Chunked {
		return string(m.body)
	}
	var c wire.Chunks
	var data []byte
	c.Walk(m.body, func(b []byte) { data = append(data, b...) })
	return string(data)
}
