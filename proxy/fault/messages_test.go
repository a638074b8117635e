package fault_test

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
)

// upgraded is the head of an answer that opens a websocket.
func upgraded() fault.Head {
	return fault.Head{Status: 101, Fields: policies.FieldMap{"Upgrade": {"websocket"}}, Length: -1, Tunnel: true}
}

// side is the upstream's side of an upgraded connection.
type side struct {
	io.Reader
	got    bytes.Buffer
	closed bool
}

func (s *side) Write(p []byte) (int, error) { return s.got.Write(p) }
func (s *side) CloseWrite() error           { return nil }
func (s *side) Close() error                { s.closed = true; return nil }

// tunnel opens a websocket under a fault, whose upstream sends these bytes.
func tunnel(t *testing.T, spec string, from io.Reader) (fault.HalfCloser, *side, func()) {
	t.Helper()
	o := newFault(t, spec)
	r := get("/", "Upgrade", "websocket")
	p := o.lane.Enter(r)
	p.Inject(nil)
	p.Respond(upgraded(), nil)
	far := &side{Reader: from}
	return p.Tunnel(far), far, func() { p.Leave(ok()) }
}

// FuzzMessages: however frames are cut into pieces, the same of them pass, in
// both directions; where none is dropped, all do, valid or not.
func FuzzMessages(f *testing.F) {
	for _, frames := range []string{
		"\x81\x03one\x81\x03two", "\x01\x02tw\x89\x00\x80\x01o\x81\x01x",
		"\x81\x83\x01\x02\x03\x04abc\x88\x02\x03\xe8", "\x82\x7e\x00\x03abc\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x01a\x81\x00", "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xffx",
	} {
		f.Add([]byte(frames), uint8(2))
	}
	f.Fuzz(func(t *testing.T, frames []byte, every uint8) {
		pass := func(spec string, read func(io.Reader) io.Reader) (down, up []byte) {
			conn, far, leave := tunnel(t, spec, read(bytes.NewReader(frames)))
			defer leave()
			down, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(struct{ io.Writer }{conn}, read(bytes.NewReader(frames))); err != nil {
				t.Fatal(err)
			}
			if err := conn.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			return down, far.got.Bytes()
		}
		whole := func(r io.Reader) io.Reader { return r }
		spec := "{websocket: {dropEvery: " + string('1'+rune(every%9)) + "}}"
		down, up := pass(spec, whole)
		if !bytes.Equal(down, up) {
			t.Fatalf("down %q, up %q", down, up)
		}
		if single, _ := pass(spec, iotest.OneByteReader); !bytes.Equal(single, down) {
			t.Fatalf("in one piece %q, byte by byte %q", down, single)
		}
		if all, _ := pass("{delay: {fixed: 1ns, phase: event}}", whole); !bytes.Equal(frames, all) {
			t.Fatalf("without a drop %q arrives as %q", frames, all)
		}
	})
}
