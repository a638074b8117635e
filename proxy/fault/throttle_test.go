package fault_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/proxy/fault"
)

func TestABodyPassesAtTheRateAfterOneSecondsWorth(t *testing.T) {
	for name, tc := range map[string]struct {
		rate string
		size int
		took time.Duration
	}{
		"one second's worth passes at once": {"100B/s", 100, 0},
		"the rest at the rate":              {"100B/s", 350, 2500 * time.Millisecond},
		"a byte a second":                   {"1B/s", 4, 3 * time.Second},
		"much":                              {"1MiB/s", 5 << 20, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newFault(t, "{throttle: {download: "+tc.rate+"}}")
				p := o.answered(t, plainHead(int64(tc.size)))
				start := time.Now()
				n, err := io.Copy(io.Discard, p.Download(strings.NewReader(strings.Repeat("x", tc.size))))
				if n != int64(tc.size) || err != nil {
					t.Errorf("%d bytes, %v", n, err)
				}
				if took := time.Since(start); took.Round(time.Millisecond) != tc.took {
					t.Errorf("%d bytes at %s took %s, want %s", tc.size, tc.rate, took, tc.took)
				}
				p.Leave(ok())
				o.counts(t, 1, false)
			})
		})
	}
}

func TestARestSavesUpOneSecondsWorthAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newFault(t, "{throttle: {download: 100B/s}}")
		p := o.answered(t, plainHead(-1))
		defer p.Leave(ok())
		body := p.Download(strings.NewReader(strings.Repeat("x", 1000)))
		read := func(n int64) time.Duration {
			start := time.Now()
			io.CopyN(io.Discard, body, n)
			return time.Since(start).Round(time.Millisecond)
		}
		read(100)
		time.Sleep(time.Hour)
		if took := read(100); took != 0 {
			t.Errorf("a second's worth after a rest took %s", took)
		}
		if took := read(100); took != time.Second {
			t.Errorf("the next second's worth took %s", took)
		}
	})
}

func TestAnUploadIsThrottledAndEndsItsWaitWithTheCallerLeaseOrRequest(t *testing.T) {
	for name, tc := range map[string]struct {
		end  func(o oneFault, p *fault.Passage, gone chan struct{})
		want int
		err  error
	}{
		"the lease":   {func(o oneFault, _ *fault.Passage, _ chan struct{}) { o.permit.Revoke("p") }, 1000, nil},
		"the caller":  {func(_ oneFault, _ *fault.Passage, gone chan struct{}) { close(gone) }, 0, fault.ErrGone},
		"the request": {func(_ oneFault, p *fault.Passage, _ chan struct{}) { p.Leave(ok()) }, 1000, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newFault(t, "{throttle: {upload: 100B/s}}")
				p := o.lane.Enter(get("/"))
				gone := make(chan struct{})
				p.Inject(gone)
				body := p.Upload(strings.NewReader(strings.Repeat("x", 1000)))
				time.AfterFunc(3*time.Second, func() { tc.end(o, p, gone) })
				start := time.Now()
				got, err := io.ReadAll(body)
				if !errors.Is(err, tc.err) || tc.want > 0 && len(got) != tc.want {
					t.Errorf("%d bytes, %v; want %d, %v", len(got), err, tc.want, tc.err)
				}
				if took := time.Since(start); took != 3*time.Second {
					t.Errorf("it took %s, want 3s", took)
				}
				if name != "the request" {
					p.Leave(ok())
				}
			})
		})
	}
}

func TestABodyThatFailsFailsAsItDid(t *testing.T) {
	failed := errors.New("the upstream died")
	for _, spec := range []string{
		"{throttle: {download: 1MB/s}}", "{response: {truncateAfter: 100B}}", "{response: {corrupt: {percentage: 1}}}",
	} {
		o := newFault(t, spec)
		p := o.answered(t, plainHead(-1))
		body := io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(failed))
		if got, err := io.ReadAll(p.Download(body)); len(got) != 3 || !errors.Is(err, failed) {
			t.Errorf("%s: %q, %v; want what came, and why it ended", spec, got, err)
		}
		p.Leave(ok())
	}
}
