package fault_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// all is a policy that every request meets.
func all(fault string) string {
	return faulttest.Policy("p", "{percentage: 100, fault: "+fault+"}")
}

// oneFault is an engine with one policy, and the permit it has.
type oneFault struct {
	*fault.Engine
	permit *faulttest.Permit
	lane   *fault.Lane
}

func newFault(t *testing.T, spec string) oneFault {
	t.Helper()
	permit := faulttest.NewPermit("p")
	e := faulttest.Engine(t, faulttest.Compile(t, all(spec)), permit, faulttest.Always)
	return oneFault{e, permit, e.Lane("default")}
}

// plainHead is the head of an answer with a body.
func plainHead(length int64) fault.Head {
	return fault.Head{Status: 200, Fields: policies.FieldMap{"Content-Type": {"text/plain"}}, Length: length}
}

// answered lets a request in, and its answer, and returns the passage.
func (o oneFault) answered(t *testing.T, h fault.Head) *fault.Passage {
	t.Helper()
	p := o.lane.Enter(get("/"))
	if a := p.Inject(nil); a.Do != fault.Forward {
		t.Fatalf("before the upstream: %d, want Forward", a.Do)
	}
	if a := p.Respond(h, nil); a.Do != fault.Forward {
		t.Fatalf("after the upstream: %d, want Forward", a.Do)
	}
	return p
}

// counts checks what was counted of the policy, after the request has left.
func (o oneFault) counts(t *testing.T, faulted uint64, skipped bool) {
	t.Helper()
	c, _ := o.Counts("p")
	if c.Fault != faulted || c.Active != 0 || (c.Suppressed["skipped"] > 0) != skipped {
		t.Errorf("counts %+v; want %d faults, none active, skipped: %t", c, faulted, skipped)
	}
}

func TestTheAnswerMeetsItsPartOfTheFaultInTime(t *testing.T) {
	for name, tc := range map[string]struct {
		fault   string
		revoke  time.Duration // 0: never
		leave   time.Duration // 0: never
		want    fault.Do
		took    time.Duration
		counted uint64
		skipped bool
	}{
		"a delay after the answer lasts as long as it says": {
			fault: "{delay: {fixed: 400ms, phase: response}}", want: fault.Forward, took: 400 * time.Millisecond, counted: 1,
		},
		"it ends with its lease, and the request goes on unharmed": {
			fault: "{delay: {fixed: 400ms, phase: response}, response: {status: 500}}", revoke: 150 * time.Millisecond, want: fault.Forward, took: 150 * time.Millisecond,
		},
		"it ends when the caller leaves": {
			fault: "{delay: {fixed: 400ms, phase: response}}", leave: 100 * time.Millisecond, want: fault.Gone, took: 100 * time.Millisecond, counted: 1,
		},
		"an abort comes after it": {
			fault: "{delay: {fixed: 100ms, phase: response}, abort: {status: 503, phase: response}}", want: fault.Answer, took: 100 * time.Millisecond, counted: 1,
		},
		"a hang is released, and the answer goes on": {
			fault: "{abort: {connection: hang, phase: response}}", revoke: time.Second, want: fault.Forward, took: time.Second,
		},
		"a gRPC status is for gRPC requests": {
			fault: "{delay: {fixed: 1ms}, abort: {grpcStatus: UNAVAILABLE, phase: response}}", want: fault.Forward, counted: 1, skipped: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newFault(t, tc.fault)
				p := o.lane.Enter(get("/"))
				if a := p.Inject(nil); a.Do != fault.Forward || !p.Pending() {
					t.Fatalf("before the upstream: %d, pending: %t", a.Do, p.Pending())
				}
				gone := make(chan struct{})
				if tc.revoke > 0 {
					time.AfterFunc(tc.revoke, func() { o.permit.Revoke("p") })
				}
				if tc.leave > 0 {
					time.AfterFunc(tc.leave, func() { close(gone) })
				}
				start := time.Now()
				a := p.Respond(plainHead(4), gone)
				if a.Do != tc.want || a.Edit != nil {
					t.Errorf("action %+v, want %d", a, tc.want)
				}
				if took := time.Since(start); took != tc.took {
					t.Errorf("it took %s, want %s", took, tc.took)
				}
				p.Leave(ok())
				o.counts(t, tc.counted, tc.skipped)
			})
		})
	}
}

func TestAFaultIsActiveUntilItsAnswerHasEnded(t *testing.T) {
	for _, spec := range []string{"{throttle: {download: 1MB/s}}", "{response: {status: 500}}", "{delay: {fixed: 1ms, phase: event}}"} {
		o := newFault(t, spec)
		p := o.answered(t, plainHead(4))
		io.Copy(io.Discard, p.Download(strings.NewReader("fine")))
		if c, _ := o.Counts("p"); c.Active != 1 {
			t.Errorf("%s: %d active before the request has left, want 1", spec, c.Active)
		}
		p.Leave(ok())
		o.counts(t, 1, strings.Contains(spec, "event"))
	}
}

func TestALeaseThatEndsWhileTheUpstreamWorksSparesTheAnswer(t *testing.T) {
	o := newFault(t, "{response: {status: 500, truncateAfter: 1B}}")
	p := o.lane.Enter(get("/"))
	p.Inject(nil)
	o.permit.Revoke("p")
	if a := p.Respond(plainHead(4), nil); a.Edit != nil {
		t.Errorf("the answer is edited: %+v", a.Edit)
	}
	if body, err := io.ReadAll(p.Download(strings.NewReader("fine"))); string(body) != "fine" || err != nil {
		t.Errorf("body %q, %v", body, err)
	}
	p.Leave(ok())
	o.counts(t, 0, false)
}

func TestALeaseThatEndsWithinABodyEndsItsFault(t *testing.T) {
	for _, spec := range []string{
		"{response: {truncateAfter: 10B}}", "{response: {resetAfter: 10B}}", "{throttle: {download: 5B/s}}",
	} {
		o := newFault(t, spec)
		p := o.answered(t, plainHead(-1))
		body := p.Download(strings.NewReader(strings.Repeat("x", 40)))
		var first [5]byte
		if _, err := io.ReadFull(body, first[:]); err != nil {
			t.Fatal(err)
		}
		o.permit.Revoke("p")
		rest, err := io.ReadAll(body)
		if len(rest) != 35 || err != nil {
			t.Errorf("%s: %d more bytes, %v; want all 35", spec, len(rest), err)
		}
		if len(p.Marks()) > 0 {
			t.Errorf("%s: a released request is marked", spec)
		}
		p.Leave(ok())
		o.counts(t, 0, false)
	}
}

func TestAHeadIsEditedSoThatItStaysTrue(t *testing.T) {
	body := func(text string) *string { return &text }
	for name, tc := range map[string]struct {
		fault   string
		method  string
		status  int
		edit    fault.Edit
		none    bool
		skipped bool
	}{
		"fields by name, canonical": {
			fault: "{response: {headers: {set: {x-b: b, x-a: a}, add: {via: x}, remove: [etag]}}}",
			edit:  fault.Edit{Set: []fault.Field{{"X-A", "a"}, {"X-B", "b"}}, Add: []fault.Field{{"Via", "x"}}, Remove: []string{"Etag"}},
		},
		"a status":                              {fault: "{response: {status: 404}}", edit: fault.Edit{Status: 404}},
		"a body":                                {fault: "{response: {body: x}}", edit: fault.Edit{Body: body("x")}},
		"a body in place of none":               {fault: "{response: {status: 200, body: x}}", status: 204, edit: fault.Edit{Status: 200, Body: body("x")}},
		"a body of part of one":                 {fault: "{response: {body: x}}", status: 206, edit: fault.Edit{Status: 200, Body: body("x")}},
		"a part that becomes an error":          {fault: "{response: {status: 500}}", status: 206, edit: fault.Edit{Status: 500}},
		"a body ceases to exist":                {fault: "{response: {status: 304}}", edit: fault.Edit{Status: 304, Body: body("")}},
		"HEAD of a status":                      {fault: "{response: {status: 500}}", method: "HEAD", edit: fault.Edit{Status: 500}},
		"HEAD of a status and a body":           {fault: "{response: {status: 500, body: x}}", method: "HEAD", edit: fault.Edit{Status: 500}, skipped: true},
		"HEAD of a body":                        {fault: "{response: {body: x}}", method: "HEAD", none: true, skipped: true},
		"a body where there is none":            {fault: "{response: {body: x}}", status: 304, none: true, skipped: true},
		"an upgrade cannot be rewritten":        {fault: "{response: {status: 500}}", status: 101, none: true, skipped: true},
		"a body that is cut, and nothing above": {fault: "{response: {truncateAfter: 1B}}", none: true},
	} {
		t.Run(name, func(t *testing.T) {
			o := newFault(t, tc.fault)
			r := get("/")
			if tc.method != "" {
				r.Method = tc.method
			}
			head := plainHead(4)
			if tc.status != 0 {
				head.Status = tc.status
			}
			head.Tunnel = tc.status == 101
			p := o.lane.Enter(r)
			p.Inject(nil)
			got := p.Respond(head, nil).Edit
			p.Leave(ok())
			o.counts(t, 1, tc.skipped)
			if tc.none != (got == nil) {
				t.Fatalf("edit %+v, none wanted: %t", got, tc.none)
			}
			if got == nil {
				return
			}
			if (got.Body == nil) != (tc.edit.Body == nil) || got.Body != nil && *got.Body != *tc.edit.Body {
				t.Errorf("body %v, want %v", got.Body, tc.edit.Body)
			}
			if got.Body != nil && !slices.Contains(got.Remove, "Etag") {
				t.Error("a body is replaced, and its ETag stays")
			}
			if tc.edit.Body == nil && !slices.Equal(got.Remove, tc.edit.Remove) {
				t.Errorf("removed %v, want %v", got.Remove, tc.edit.Remove)
			}
			if got.Status != tc.edit.Status || !slices.Equal(got.Set, tc.edit.Set) || !slices.Equal(got.Add, tc.edit.Add) {
				t.Errorf("edit %+v, want %+v", got, tc.edit)
			}
		})
	}
}

func TestACutEndsWithItsOwnErrorAfterSoManyBytes(t *testing.T) {
	for name, tc := range map[string]struct {
		fault  string
		length int64
		want   string
		err    error
		skip   bool
	}{
		"truncated":                   {"{response: {truncateAfter: 3B}}", 5, "abc", fault.ErrTruncated, false},
		"reset":                       {"{response: {resetAfter: 3B}}", 5, "abc", fault.ErrReset, false},
		"of a length nobody declared": {"{response: {truncateAfter: 3B}}", -1, "abc", fault.ErrTruncated, false},
		"a body of that length":       {"{response: {truncateAfter: 5B}}", 5, "abcde", nil, true},
		"a shorter body of a length nobody declared": {"{response: {truncateAfter: 6B}}", -1, "abcde", nil, true},
		"at once":        {"{response: {resetAfter: 0B}}", 5, "", fault.ErrReset, false},
		"no body at all": {"{response: {truncateAfter: 0B}}", 0, "abcde", nil, true},
	} {
		for reader, read := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "error with the last": iotest.DataErrReader,
		} {
			t.Run(name+", "+reader, func(t *testing.T) {
				o := newFault(t, tc.fault)
				p := o.answered(t, plainHead(tc.length))
				got, err := io.ReadAll(p.Download(read(strings.NewReader("abcde"))))
				if string(got) != tc.want || !errors.Is(err, tc.err) {
					t.Errorf("%q, %v; want %q, %v", got, err, tc.want, tc.err)
				}
				p.Leave(ok())
				o.counts(t, 1, tc.skip)
			})
		}
	}
}
