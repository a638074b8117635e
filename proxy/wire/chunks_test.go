package wire_test

import (
	"bytes"
	"io"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/poise-dev/poise/proxy/wire"
)

// walked is what a walk over some chunks found.
type walked struct {
	data string
	n    int
	done bool
	why  string
}

// walk goes over pieces of at most size bytes; 0: all at once.
func walk(b []byte, size func() int) (w walked) {
	var c wire.Chunks
	var data []byte
	for w.n < len(b) && w.why == "" {
		piece := b[w.n:]
		piece = piece[:min(size(), len(piece))]
		n, err := c.Walk(piece, func(d []byte) { data = append(data, d...) })
		w.n += n
		if err != nil {
			w.why = err.Error()
		} else if n < len(piece) {
			break
		}
	}
	w.data, w.done = string(data), c.Done()
	return w
}

func whole() int { return 1 << 30 }

func TestTheDataOfChunksIsGivenInPieces(t *testing.T) {
	in := []byte("5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nA: b\r\n\r\nrest")
	want := walked{data: "hello world", n: len(in) - len("rest"), done: true}
	for size := 1; size <= len(in); size++ {
		if got := walk(in, func() int { return size }); got != want {
			t.Errorf("in pieces of %d: %+v, want %+v", size, got, want)
		}
	}
}

func TestChunksThatAreCutAreNotDone(t *testing.T) {
	in := "5\r\nhello\r\n0\r\nA: b\r\n\r\n"
	for cut := range in {
		if w := walk([]byte(in[:cut]), whole); w.done || w.why != "" || w.n != cut {
			t.Errorf("%q: %+v, want neither an end nor an error", in[:cut], w)
		}
	}
}

func TestAnErrorComesWithWhatWasGood(t *testing.T) {
	for in, good := range map[string]string{
		"5\r\nhelloX\r\n": "5\r\nhello",
		"0\r\nA: b\n\r\n": "0\r\nA: b",
		"0\r\n\n":         "0\r\n",
		"zz\r\n":          "",
	} {
		if w := walk([]byte(in), whole); w.why == "" || in[:w.n] != good {
			t.Errorf("%q: good is %q, %q; want %q and an error", in, in[:w.n], w.why, good)
		}
	}
}

func FuzzChunks(f *testing.F) {
	for _, v := range append(requests(), responses()...) {
		if _, body, ok := strings.Cut(v.in, "\r\n\r\n"); ok && len(v.in) < longSeed && strings.Contains(v.in, "chunked") {
			f.Add([]byte(body), []byte{1, 2, 3})
		}
	}
	f.Fuzz(func(t *testing.T, in, sizes []byte) {
		at := 0
		uneven := func() int {
			if at++; len(sizes) == 0 {
				return 1
			}
			return int(sizes[at%len(sizes)])%16 + 1
		}
		got := walk(in, whole)
		if split := walk(in, uneven); split != got {
			t.Fatalf("%q is %+v in one piece and %+v in pieces of %v", in, got, split, sizes)
		}
		data, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(in[:got.n])))
		if got.done && (err != nil || string(data) != got.data) {
			t.Errorf("%q holds %q; the standard library says %q, %v", in[:got.n], got.data, data, err)
		}
		if !got.done && !strings.HasPrefix(string(data), got.data[:min(len(got.data), len(data))]) {
			t.Errorf("%q begins with %q; the standard library says %q", in[:got.n], got.data, data)
		}
	})
}
