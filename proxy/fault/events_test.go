package fault_test

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
)

// eventHead is the head of a stream of server-sent events.
func eventHead() fault.Head {
	return fault.Head{Status: 200, Fields: policies.FieldMap{"Content-Type": {"text/event-stream; charset=utf-8"}}, Length: -1}
}

func TestEachEventIsDelayedAndNotEachChunk(t *testing.T) {
	for name, tc := range map[string]struct {
		stream string
		events int
	}{
		"one event":                  {"data: a\n\n", 1},
		"several lines":              {"event: e\ndata: a\ndata: b\nid: 1\n\n", 1},
		"several events":             {"data: a\n\ndata: b\n\ndata: c\n\n", 3},
		"lines that end with CR LF":  {"data: a\r\n\r\ndata: b\r\n\r\n", 2},
		"lines that end with CR":     {"data: a\r\rdata: b\rdata: c\r\r", 2},
		"comments are no events":     {": hello\n\ndata: a\n\n: still here\n\n", 1},
		"a comment within an event":  {"data: a\n: no\ndata: b\n\n", 1},
		"empty lines are no events":  {"\n\n\ndata: a\n\n\n\n\r\ndata: b\n\n", 2},
		"an event that does not end": {"data: a\n\ndata: b", 2},
		"nothing":                    {"", 0},
	} {
		for reader, read := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "error with the last": iotest.DataErrReader,
		} {
			t.Run(name+", "+reader, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					o := newFault(t, "{delay: {fixed: 1s, phase: event}}")
					p := o.answered(t, eventHead())
					start := time.Now()
					got, err := io.ReadAll(p.Download(read(strings.NewReader(tc.stream))))
					if string(got) != tc.stream || err != nil {
						t.Errorf("%q, %v; want it as it came", got, err)
					}
					if took := time.Since(start); took != time.Duration(tc.events)*time.Second {
						t.Errorf("it took %s, want a second for each of %d events", took, tc.events)
					}
					p.Leave(ok())
					o.counts(t, 1, false)
				})
			})
		}
	}
}

func TestWhatComesBeforeAnEventDoesNotWaitWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newFault(t, "{delay: {fixed: 1s, phase: event}}")
		p := o.answered(t, eventHead())
		defer p.Leave(ok())
		body := p.Download(strings.NewReader(": hello\n\ndata: a\n\n"))
		var buffer [100]byte
		start := time.Now()
		n, err := body.Read(buffer[:])
		if string(buffer[:n]) != ": hello\n\n" || err != nil || time.Since(start) != 0 {
			t.Errorf("%q, %v after %s; want the comment at once", buffer[:n], err, time.Since(start))
		}
	})
}

func TestEventsGoOnAtOnceWhenTheyAreReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newFault(t, "{delay: {fixed: 1s, phase: event}}")
		p := o.answered(t, eventHead())
		stream := strings.Repeat("data: a\n\n", 100)
		time.AfterFunc(2500*time.Millisecond, func() { o.permit.Revoke("p") })
		start := time.Now()
		got, err := io.ReadAll(p.Download(iotest.HalfReader(strings.NewReader(stream))))
		if string(got) != stream || err != nil || time.Since(start) != 2500*time.Millisecond {
			t.Errorf("%d bytes, %v after %s; want all after 2.5s", len(got), err, time.Since(start))
		}
		p.Leave(ok())
		o.counts(t, 0, false)
	})
}

func TestEventsThatCannotBeToldApartPass(t *testing.T) {
	o := newFault(t, "{delay: {fixed: 1h, phase: event}}")
	head := eventHead()
	head.Fields.(policies.FieldMap)["Content-Encoding"] = []string{"gzip"}
	p := o.answered(t, head)
	if got, err := io.ReadAll(p.Download(strings.NewReader("…"))); string(got) != "…" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	p.Leave(ok())
	o.counts(t, 1, true)
}

// FuzzEvents: however a stream is cut into pieces, it arrives as it came, and
// the same number of events is delayed.
func FuzzEvents(f *testing.F) {
	for _, stream := range []string{"data: a\n\n", ": c\r\n\r\ndata: b\r\r\n\n", "\r\n\ndata\r:x\n\r", "\n:\n\rid"} {
		f.Add(stream)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		events := func(read func(io.Reader) io.Reader) (met fault.Met) {
			o := newFault(t, "{delay: {fixed: 1ns, phase: event}}")
			p := o.answered(t, eventHead())
			got, err := io.ReadAll(p.Download(read(strings.NewReader(stream))))
			if string(got) != stream || err != nil {
				t.Fatalf("%q, %v; want %q", got, err, stream)
			}
			met = p.Met()
			p.Leave(ok())
			return met
		}
		whole := events(func(r io.Reader) io.Reader { return r })
		if single := events(iotest.OneByteReader); single.Delay != whole.Delay {
			t.Fatalf("%q: %d events in one piece, %d byte by byte", stream, whole.Delay, single.Delay)
		}
	})
}
