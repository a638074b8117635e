package wire_test

import (
	"strings"
	"testing"

	"github.com/poise-dev/poise/proxy/wire"
)

func TestTheEndOfAHeadIsFoundHoweverItArrives(t *testing.T) {
	in := []byte(get + host + "A: \r\r\n\n\r\n\r\nrest\r\n\r\n")
	want := strings.Index(string(in), "rest")
	for cut := range in {
		if first := wire.End(in[:cut], 0); first >= 0 {
			if first != want || cut < want {
				t.Fatalf("the end is at %d when %d bytes are there, want %d", first, cut, want)
			}
			continue
		} else if cut >= want {
			t.Fatalf("no end in %d bytes", cut)
		}
		if end := wire.End(in, cut); end != want {
			t.Errorf("cut at %d, the end is at %d, want %d", cut, end, want)
		}
	}
}

func TestEmptyLinesBeforeARequestAreCounted(t *testing.T) {
	for in, want := range map[string]int{"": 0, "\r": 0, "\r\n": 2, "\r\n\r\n\r": 4, "\r\nGET": 2, "GET\r\n": 0, "\n": 0} {
		if got := wire.Blank([]byte(in)); got != want {
			t.Errorf("%q begins with %d, want %d", in, got, want)
		}
	}
}

func TestWhatCanBeNoRequestIsRefusedEarly(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		refused  bool
	}{
		{"nothing yet", "", false},
		{"half a method", "GE", false},
		{"half an empty line", "\r", false},
		{"a line and a half", "GET / HTTP/1.1\r\nHos", false},
		{"CR at the end, LF to come", "GET / HTTP/1.1\r", false},
		{"a TLS handshake", "\x16\x03\x01", true},
		{"white space", " GET", true},
		{"a bare LF behind the first line", "GET / HTTP/1.1\n", true},
		{"a bare LF behind a later line", "GET / HTTP/1.1\r\nA: 1\nB", true},
		{"a bare LF at the beginning", "\nGET", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for from := range len(tc.in) + 1 {
				if tc.refused && from == len(tc.in) {
					break // all of it was looked at before
				}
				if wire.Early([]byte(tc.in[:from]), 0) != nil {
					break // it would have been refused then
				}
				if err := wire.Early([]byte(tc.in), from); (err != nil) != tc.refused {
					t.Errorf("looked at from %d: %v, refused should be %t", from, err, tc.refused)
				}
			}
		})
	}
}

func TestAHeadThatDoesNotEndIsRefusedForWhatIsTooLong(t *testing.T) {
	if err := wire.Overlong([]byte("GET /" + strings.Repeat("a", 100))); err.Status != 414 {
		t.Errorf("status %d for a long target, want 414", err.Status)
	}
	if err := wire.Overlong([]byte(get + "A: " + strings.Repeat("a", 100))); err.Status != 431 {
		t.Errorf("status %d for long fields, want 431", err.Status)
	}
}
