package fault_test

import (
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

func TestAFaultIsWaitedOutReleasedOrLeft(t *testing.T) {
	delay := "{delay: {fixed: 400ms}}"
	for name, tc := range map[string]struct {
		fault   string
		revoke  time.Duration // 0: never
		leave   time.Duration // 0: never
		want    fault.Do
		took    time.Duration
		arm     string
		counted uint64 // as fault
	}{
		"a delay lasts as long as it says": {
			fault: delay, want: fault.Forward, took: 400 * time.Millisecond, counted: 1,
		},
		"a delay ends with its lease, and the request goes on unharmed": {
			fault: delay, revoke: 150 * time.Millisecond, want: fault.Forward, took: 150 * time.Millisecond,
		},
		"a delay ends when the caller leaves": {
			fault: delay, leave: 100 * time.Millisecond, want: fault.Gone, took: 100 * time.Millisecond, counted: 1,
		},
		"an abort behind a delay comes after it": {
			fault: "{delay: {fixed: 100ms}, abort: {status: 503}}", want: fault.Answer, took: 100 * time.Millisecond, counted: 1,
		},
		"an abort behind a delay is skipped when the lease ends": {
			fault: "{delay: {fixed: 100ms}, abort: {status: 503}}", revoke: 50 * time.Millisecond, want: fault.Forward, took: 50 * time.Millisecond,
		},
		"a hang lasts its timeout and then closes": {
			fault: "{abort: {connection: hang, timeout: 2s}}", want: fault.Close, took: 2 * time.Second, counted: 1,
		},
		"a hang lasts a minute unless it says otherwise": {
			fault: "{abort: {connection: hang}}", want: fault.Close, took: time.Minute, counted: 1,
		},
		"a hang is released too, and the request goes on": {
			fault: "{abort: {connection: hang}}", revoke: time.Second, want: fault.Forward, took: time.Second,
		},
		"a reset is at once": {fault: "{abort: {connection: reset}}", want: fault.Reset, counted: 1},
		"a gRPC status is for gRPC requests": {
			fault: "{delay: {fixed: 10ms}, abort: {grpcStatus: UNAVAILABLE}}", want: fault.Forward, took: 10 * time.Millisecond, counted: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				permit := faulttest.NewPermit("p")
				e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: "+tc.fault+"}")), permit, faulttest.Always)
				gone := make(chan struct{})
				if tc.revoke > 0 {
					time.AfterFunc(tc.revoke, func() { permit.Revoke("p") })
				}
				if tc.leave > 0 {
					time.AfterFunc(tc.leave, func() { close(gone) })
				}
				p := e.Lane("default").Enter(get("/"))
				start := time.Now()
				if got := p.Inject(gone).Do; got != tc.want {
					t.Errorf("action %d, want %d", got, tc.want)
				}
				if took := time.Since(start); took != tc.took {
					t.Errorf("it took %s, want %s", took, tc.took)
				}
				p.Leave(ok())
				c, _ := e.Counts("p")
				if c.Fault != tc.counted || c.Active != 0 {
					t.Errorf("fault %d, active %d; want %d and 0", c.Fault, c.Active, tc.counted)
				}
				none, _, fault := e.Lane("default").Requests()
				if fault != tc.counted || none != 1-tc.counted {
					t.Errorf("requests: none %d, fault %d; a released request is in neither arm", none, fault)
				}
			})
		})
	}
}

func TestAGRPCStatusThatIsSkippedBehindADelayIsCounted(t *testing.T) {
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {delay: {fixed: 1ms}, abort: {grpcStatus: UNAVAILABLE}}}")), faulttest.NewPermit("p"), faulttest.Always)
	_, leave := enter(e.Lane("default"))
	leave()
	if c, _ := e.Counts("p"); c.Suppressed["skipped"] != 1 || c.Fault != 1 {
		t.Errorf("counts %+v; want the delay applied and the status skipped", c)
	}
}

func TestAGRPCStatusAnswersAGRPCRequest(t *testing.T) {
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {abort: {grpcStatus: UNAVAILABLE}}}")), faulttest.NewPermit("p"), faulttest.Always)
	r := get("/pay.Payments/Charge", "Content-Type", "application/grpc")
	r.GRPC = true
	p := e.Lane("default").Enter(r)
	a := p.Inject(nil)
	if a.Do != fault.AnswerGRPC || *a.Abort.GRPCStatus != policies.GRPCCode(14) {
		t.Errorf("action %+v, want AnswerGRPC with UNAVAILABLE", a)
	}
	p.Leave(ok())
}

func TestAnAbortAsksForItsLeaseAgain(t *testing.T) {
	permit := faulttest.NewPermit("p")
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {abort: {status: 503}}}")), permit, faulttest.Always)
	p := e.Lane("default").Enter(get("/"))
	permit.Revoke("p") // while an adapter still reads the request, say
	if do := p.Inject(nil).Do; do != fault.Forward {
		t.Errorf("action %d after the lease was over, want Forward", do)
	}
	p.Leave(ok())
	if c, _ := e.Counts("p"); c.Fault != 0 || c.Active != 0 {
		t.Errorf("counts %+v, want none", c)
	}
}

func TestAPassageThatNeverReachesInjectGivesItsRoomBack(t *testing.T) {
	e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {abort: {status: 503}}, limits: {maxConcurrent: 1}}")), faulttest.NewPermit("p"), faulttest.Always)
	e.Lane("default").Enter(get("/")).Leave(policies.Outcome{})
	if do, leave := enter(e.Lane("default")); do != fault.Answer {
		t.Errorf("action %d, want Answer: the room was lost", do)
	} else {
		leave()
	}
}

func TestAThousandRequestsAreReleasedTogetherWhateverHoldsThem(t *testing.T) {
	const n = 1000
	for _, spec := range []string{
		"{delay: {fixed: 1h}}", "{abort: {connection: hang, timeout: 1h}}",
		"{delay: {fixed: 1h, phase: response}}", "{abort: {connection: hang, timeout: 1h, phase: response}}",
		"{throttle: {download: 1B/s}}", "{delay: {fixed: 1h, phase: event}}",
	} {
		t.Run(spec, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newFault(t, spec)
				var all sync.WaitGroup
				for range n {
					all.Go(func() {
						p := o.lane.Enter(get("/"))
						do := p.Inject(nil).Do
						if do == fault.Forward {
							do = p.Respond(eventHead(), nil).Do
						}
						got, err := io.ReadAll(p.Download(strings.NewReader("data: a\n\ndata: b\n\n")))
						if do != fault.Forward || len(got) != 18 || err != nil {
							t.Errorf("a released request was told %d, and got %q, %v", do, got, err)
						}
						p.Leave(ok())
					})
				}
				synctest.Wait()
				if c, _ := o.Counts("p"); c.Active != n {
					t.Fatalf("%d held, want %d", c.Active, n)
				}
				start := time.Now()
				o.permit.Revoke("p")
				all.Wait()
				if took := time.Since(start); took != 0 {
					t.Errorf("they were released %s after the lease", took)
				}
				o.counts(t, 0, false)
			})
		})
	}
}
