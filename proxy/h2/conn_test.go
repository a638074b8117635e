package h2_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/proxy/h2"
)

// frame writes a frame.
func frame(kind, flags byte, stream uint32, payload string) string {
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return string(binary.BigEndian.AppendUint32(b, stream)) + payload
}

const (
	data, headers, reset, continuation = 0, 1, 3, 9

	endStream, endHeaders, padded, priority = 1, 4, 8, 32

	get = "\x82\x87\x84" // :method GET, :scheme https, :path /, each by its index
)

// wire is a connection whose caller has sent in, and which keeps what is
// written.
type wire struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (w *wire) Read(b []byte) (int, error)  { return w.in.Read(b) }
func (w *wire) Write(b []byte) (int, error) { return w.out.Write(b) }

// slowly hands out one byte at a time.
type slowly struct{ io.Reader }

func (s slowly) Read(b []byte) (int, error) { return s.Reader.Read(b[:min(1, len(b))]) }

func TestARequestWithAFieldItMayNotHaveIsReset(t *testing.T) {
	plain := func(prefix, name, value string) string {
		return prefix + string(byte(len(name))) + name + string(byte(len(value))) + value
	}
	huffman := func(name, value string) string {
		return "\x40" + string([]byte{0x80 | byte(len(name))}) + name + string(byte(len(value))) + value
	}
	for name, tc := range map[string]struct {
		in    string
		reset bool
	}{
		"nothing wrong":                         {frame(headers, endStream|endHeaders, 1, get), false},
		"connection":                            {frame(headers, endStream|endHeaders, 1, get+plain("\x00", "connection", "keep-alive")), true},
		"keep-alive, to be indexed":             {frame(headers, endStream|endHeaders, 1, get+plain("\x40", "keep-alive", "5")), true},
		"proxy-connection, never to be indexed": {frame(headers, endStream|endHeaders, 1, get+plain("\x10", "proxy-connection", "x")), true},
		"upgrade":                               {frame(headers, endStream|endHeaders, 1, get+plain("\x00", "upgrade", "h2c")), true},
		"transfer-encoding, by its index":       {frame(headers, endStream|endHeaders, 1, get+"\x79\x07chunked"), true},
		"connection in Huffman code":            {frame(headers, endStream|endHeaders, 1, get+huffman("\x21\xea\xa8\xa4\x49\x8f\x57", "x")), true},
		"te: trailers is allowed":               {frame(headers, endStream|endHeaders, 1, get+plain("\x00", "te", "trailers")), false},
		"te: anything else":                     {frame(headers, endStream|endHeaders, 1, get+plain("\x00", "te", "gzip")), true},
		"a value that looks like a name":        {frame(headers, endStream|endHeaders, 1, get+plain("\x00", "x", "connection")), false},
		"a field behind a new size of the table": {
			frame(headers, endStream|endHeaders, 1, "\x3f\xe1\x1f"+get+plain("\x00", "upgrade", "x")), true,
		},
		"a field behind padding and priority": {
			frame(headers, endStream|endHeaders|padded|priority, 1, "\x03\x00\x00\x00\x00\x10"+get+plain("\x00", "upgrade", "x")+"\x00\x00\x00"), true,
		},
		"padding that looks like a field": {
			frame(headers, endStream|endHeaders|padded, 1, "\x0b"+get+plain("\x00", "upgrade", "x")), false,
		},
		"a field cut in two by CONTINUATION": {
			frame(headers, endStream, 1, get+"\x00\x07upg") + frame(continuation, endHeaders, 1, "rade\x01x"), true,
		},
		"a block that breaks off": {frame(headers, endStream|endHeaders, 1, get+"\x00\x7f"), false},
		"a request behind a body": {
			frame(headers, endHeaders, 3, get) + frame(data, endStream, 3, "body") + frame(headers, endStream|endHeaders, 1, get+plain("\x00", "upgrade", "x")), true,
		},
	} {
		for how, reader := range map[string]func(io.Reader) io.Reader{
			"at once":      func(r io.Reader) io.Reader { return r },
			"byte by byte": func(r io.Reader) io.Reader { return slowly{r} },
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				in := h2.Preface + tc.in
				w := &wire{in: reader(bytes.NewBufferString(in))}
				c := h2.Guard(w, func() { t.Error("the caller was cut off") })
				if got, err := io.ReadAll(c); err != nil || string(got) != in {
					t.Fatalf("read %q, %v; want what was sent", got, err)
				}
				answer := frame(headers, endHeaders, 1, "\x8c") + frame(data, endStream, 1, "no")
				after := frame(data, endStream, 3, "others go on")
				for _, part := range []string{answer[:5], answer[5:] + after} {
					if n, err := io.WriteString(c, part); n != len(part) || err != nil {
						t.Fatalf("wrote %d, %v", n, err)
					}
				}
				want := answer + after
				if tc.reset {
					want = answer + frame(reset, 0, 1, "\x00\x00\x00\x01") + after
				}
				if got := w.out.String(); got != want {
					t.Errorf("wrote %q\nwant  %q", got, want)
				}
			})
		}
	}
}

func TestWhoDoesNotBeginAsHTTP2DoesIsCutOff(t *testing.T) {
	for _, begin := range []string{"GET / HTTP/1.1\r\n\r\n", h2.Preface[:20] + "\r\nMS\r\n\r\n"} {
		for how, reader := range map[string]io.Reader{
			"at once": bytes.NewBufferString(begin), "byte by byte": slowly{bytes.NewBufferString(begin)},
		} {
			c := h2.Guard(&wire{in: reader}, func() {})
			got, err := io.ReadAll(c)
			if err != nil || len(got) >= len(begin) {
				t.Errorf("%q, %s: read %q, %v; want it to end before", begin, how, got, err)
			}
		}
	}
}

func TestAStreamThatIsResetAlreadyIsNotResetAgain(t *testing.T) {
	bad := frame(headers, endHeaders, 1, get+"\x00\x07upgrade\x01x")
	answer := frame(headers, endHeaders, 1, "\x8c") + frame(data, endStream, 1, "no")
	t.Run("by the caller", func(t *testing.T) {
		w := &wire{in: bytes.NewBufferString(h2.Preface + bad + frame(reset, 0, 1, "\x00\x00\x00\x08"))}
		c := h2.Guard(w, func() { t.Error("the caller was cut off") })
		io.Copy(io.Discard, c)
		io.WriteString(c, answer)
		if got := w.out.String(); got != answer {
			t.Errorf("wrote %q, want the answer alone", got)
		}
	})
	t.Run("by the server", func(t *testing.T) {
		w := &wire{in: bytes.NewBufferString(h2.Preface + bad)}
		c := h2.Guard(w, func() { t.Error("the caller was cut off") })
		io.Copy(io.Discard, c)
		written := frame(reset, 0, 1, "\x00\x00\x00\x01") + answer
		io.WriteString(c, written)
		if got := w.out.String(); got != written {
			t.Errorf("wrote %q, want what was written", got)
		}
	})
}

func TestACallerWhoOnlyResetsIsCutOff(t *testing.T) {
	const burst, perSecond = 2000, 500
	one := frame(headers, endStream|endHeaders, 1, get) + frame(reset, 0, 1, "\x00\x00\x00\x08")
	synctest.Test(t, func(t *testing.T) {
		r, sent := io.Pipe()
		var cut int
		c := h2.Guard(&wire{in: r}, func() { cut++ })
		result := make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, c)
			r.CloseWithError(err)
			result <- err
		}()
		io.WriteString(sent, h2.Preface)
		send := func(n int) (err error) {
			for range n {
				if _, err = io.WriteString(sent, one); err != nil {
					return err
				}
			}
			return nil
		}
		if err := send(burst); err != nil {
			t.Fatalf("a burst within bounds: %v", err)
		}
		time.Sleep(time.Second)
		if err := send(perSecond); err != nil {
			t.Fatalf("a steady rate within bounds: %v", err)
		}
		_ = send(2)
		if err := <-result; !errors.Is(err, h2.ErrResets) {
			t.Errorf("the connection ended with %v, want %v", err, h2.ErrResets)
		}
		if cut != 1 {
			t.Errorf("told %d times, want once", cut)
		}
	})
}

// FuzzPiecesDoNotMatter has the same bytes come at once and byte by byte: what
// is done about them is the same, and nothing breaks.
func FuzzPiecesDoNotMatter(f *testing.F) {
	f.Add([]byte(frame(headers, endStream|endHeaders, 1, get+"\x00\x07upgrade\x01x")), []byte(frame(data, endStream, 1, "no")))
	f.Add([]byte(frame(headers, endStream|padded, 1, "\xff")+frame(continuation, endHeaders, 1, "\x7f\xff\xff\xff\xff\xff")), []byte(frame(headers, endStream, 1, "")+frame(continuation, endHeaders, 1, "")))
	f.Fuzz(func(t *testing.T, in, out []byte) {
		var written [2]string
		for i, r := range []io.Reader{bytes.NewReader(in), slowly{bytes.NewReader(in)}} {
			w := &wire{in: io.MultiReader(bytes.NewBufferString(h2.Preface), r)}
			c := h2.Guard(w, func() { t.Error("the caller was cut off") })
			got, err := io.ReadAll(c)
			if err == nil && string(got) != h2.Preface+string(in) {
				t.Fatalf("read %q", got)
			}
			if i == 0 {
				c.Write(out)
			} else {
				for _, b := range out {
					c.Write([]byte{b})
				}
			}
			written[i] = w.out.String()
		}
		if written[0] != written[1] {
			t.Errorf("at once %q, byte by byte %q", written[0], written[1])
		}
	})
}
