package verifier

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// Verifier runs verifications: one goroutine for each, which it owns.
type Verifier struct {
	o   Options
	log *slog.Logger

	starting sync.Mutex // one start at a time
	wg       sync.WaitGroup

	mu     sync.Mutex // guards all below
	closed bool
	runs   []*runner // oldest first
}

// Options configures a [Verifier].
type Options struct {
	Plane    Plane    // required
	Leases   Leases   // required
	Recorder Recorder // required
	// Log is told of sources and records that fail. Nil: nobody is.
	Log *slog.Logger
	// Now is the wall clock, with a monotonic reading. Nil: time.Now.
	Now func() time.Time
	// ReadLimit is the longest time the loop waits for a reading of counts. 0: two
	// seconds or an interval, whatever is longer, but at most half the lease, so
	// that a renewal has time left.
	ReadLimit time.Duration
	// RecordLimit is the longest time an entry in the record may take. 0: 5 s.
	RecordLimit time.Duration
	// Refused returns the stop reason of a run whose lease was refused. Nil:
	// StopOperator, because what refuses a lease is a halt or a person's lease.
	Refused func(error) string
}

// kept is how many finished runs stay in memory. Older ones are in the record.
const kept = 256

// New returns a Verifier without runs.
func New(o Options) (*Verifier, error) {
	if o.Plane == nil || o.Leases == nil || o.Recorder == nil {
		return nil, errors.New("a verifier needs a data plane, leases and a record")
	}
	v := &Verifier{o: o, log: o.Log}
	if v.log == nil {
		v.log = slog.New(slog.DiscardHandler)
	}
	if v.o.Now == nil {
		v.o.Now = time.Now
	}
	if v.o.RecordLimit == 0 {
		v.o.RecordLimit = 5 * time.Second
	}
	if v.o.Refused == nil {
		v.o.Refused = func(error) string { return StopOperator }
	}
	return v, nil
}

// Start begins a run and returns it when its start is durable. The run goes on
// until its verdict, [Verifier.Stop], or the end of the context, which counts as
// a person's interruption unless its cause is a [*Stop]: a caller whose context
// is shorter than the run detaches it first. The id is Spec.Run, or a new one.
//
// It fails with [ErrBusy] when another run has the same traffic, policy or
// verification, [ErrRecord] when the start cannot be recorded, [ErrClosed], or
// the error of the data plane.
func (v *Verifier) Start(ctx context.Context, spec Spec) (Run, error) {
	v.starting.Lock()
	defer v.starting.Unlock()
	if spec.Run == "" {
		spec.Run = newID(v.o.Now())
	}
	if err := errors.Join(resolveTimes(spec)...); err != nil {
		return Run{}, fmt.Errorf("start %s: %w", spec.Verification, err)
	}
	if err := v.free(spec); err != nil {
		return Run{}, fmt.Errorf("start %s: %w", spec.Verification, err)
	}
	watch, err := v.o.Plane.Watch(spec)
	if err != nil {
		return Run{}, fmt.Errorf("start %s: %w", spec.Verification, err)
	}
	watch.Phase(StateBaseline)
	r := v.newRunner(spec, watch)
	r.draw(r.judge.share())
	if err := r.chronicle.tell(ctx, started(spec, r.began)); err != nil {
		watch.Close()
		return Run{}, fmt.Errorf("start %s: %w", spec.Verification, err)
	}
	ctx, r.stop = context.WithCancelCause(ctx)
	if err := v.add(r); err != nil {
		r.stop(err)
		watch.Close()
		return Run{}, fmt.Errorf("start %s: %w", spec.Verification, err)
	}
	go func() {
		defer v.wg.Done()
		defer r.stop(nil)
		r.loop(ctx)
	}()
	return r.snapshot(), nil
}

// free says whether the spec may run beside the runs there are.
func (v *Verifier) free(spec Spec) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return ErrClosed
	}
	for _, r := range v.runs {
		switch {
		case r.spec.Run == spec.Run:
			return fmt.Errorf("%w: there was a run %s already", ErrBusy, spec.Run)
		case r.over():
		case r.spec.Verification == spec.Verification:
			return fmt.Errorf("%w: run %s of it is on", ErrBusy, r.spec.Run)
		default:
			for _, p := range spec.Policies {
				if slices.Contains(r.permit.policies, p.Name) {
					return fmt.Errorf("%w: policy %s belongs to run %s of %s", ErrBusy, p.Name, r.spec.Run, r.spec.Verification)
				}
			}
		}
	}
	return nil
}

func (v *Verifier) newRunner(spec Spec, watch Watch) *runner {
	limit := v.o.ReadLimit
	if limit == 0 {
		limit = min(max(spec.Interval, 2*time.Second), spec.Lease/2)
	}
	r := &runner{
		spec: spec, judge: NewJudge(spec), watch: watch, log: v.log, now: v.o.Now, refused: v.o.Refused,
		reader:    &reader{watch: watch, beat: v.o.Leases.Beat, limit: limit},
		permit:    &permit{leases: v.o.Leases, run: spec.Run, ttl: spec.Lease, now: v.o.Now},
		chronicle: &chronicle{recorder: v.o.Recorder, run: spec.Run, limit: v.o.RecordLimit, ids: map[string][]string{}},
		began:     v.o.Now(), state: StateBaseline, done: make(chan struct{}),
	}
	for _, p := range spec.Policies {
		r.permit.policies = append(r.permit.policies, p.Name)
	}
	r.run = r.judge.Run()
	r.run.StartedAt = r.began.Round(0)
	return r
}

// add makes the run known, and forgets the oldest finished ones.
func (v *Verifier) add(r *runner) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return ErrClosed
	}
	v.wg.Add(1)
	v.runs = append(v.runs, r)
	finished := 0
	for _, r := range v.runs {
		if r.over() {
			finished++
		}
	}
	v.runs = slices.DeleteFunc(v.runs, func(r *runner) bool {
		drop := finished > kept && r.over()
		if drop {
			finished--
		}
		return drop
	})
	return nil
}

func (r *runner) over() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// newID returns an id for a run: when it began, and something of its own.
func newID(now time.Time) string {
	return now.UTC().Format("20060102-150405-") + strings.ToLower(rand.Text()[:6])
}

// started is the first event of a run.
func started(spec Spec, at time.Time) Event {
	var names []string
	for _, p := range spec.Policies {
		names = append(names, p.Name)
	}
	if spec.Canary != "" {
		names = append(names, spec.Canary)
	}
	return Event{
		At: at.Round(0), Kind: KindRunStarted, Subject: spec.Verification, Data: spec,
		Text: fmt.Sprintf("A run of %s began: it holds %q against %s.",
			spec.Verification, spec.Belief, strings.Join(names, ", ")),
	}
}

// Get returns a run as it stands, or [ErrNoRun].
func (v *Verifier) Get(run string) (Run, error) {
	r, err := v.find(run)
	if err != nil {
		return Run{}, err
	}
	return r.snapshot(), nil
}

// List returns the runs under way and the newest finished ones, oldest first.
func (v *Verifier) List() []Run {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make([]Run, 0, len(v.runs))
	for _, r := range v.runs {
		all = append(all, r.snapshot())
	}
	return all
}

// Stop ends a run: its faults at once, the run itself soon after. Stopping a run
// that is over, or decided, changes nothing but the time it takes.
func (v *Verifier) Stop(run string, why Stop) error {
	r, err := v.find(run)
	if err != nil {
		return err
	}
	r.permit.close(&why)
	r.stop(&why)
	return nil
}

// Wait returns the run when it is done, or as it stands, with the context's
// error, when the context ends first.
func (v *Verifier) Wait(ctx context.Context, run string) (Run, error) {
	r, err := v.find(run)
	if err != nil {
		return Run{}, err
	}
	select {
	case <-r.done:
		return r.snapshot(), nil
	case <-ctx.Done():
		return r.snapshot(), fmt.Errorf("wait for run %s: %w", run, ctx.Err())
	}
}

// Close stops all runs, with the reason "shutdown", and waits for them to end
// or for the context.
func (v *Verifier) Close(ctx context.Context) error {
	v.mu.Lock()
	v.closed = true
	runs := slices.Clone(v.runs)
	v.mu.Unlock()
	why := &Stop{Reason: StopShutdown, Text: "The process went down."}
	for _, r := range runs {
		r.permit.close(why)
		r.stop(why)
	}
	ended := make(chan struct{})
	go func() {
		v.wg.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the verifier: %w", ctx.Err())
	}
}

func (v *Verifier) find(run string) (*runner, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range v.runs {
		if r.spec.Run == run {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrNoRun, run)
}
