package sidecar

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/lease"
	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy"
	"github.com/poise-dev/poise/proxy/fault"
)

// Options configures a Sidecar.
type Options struct {
	// Role is what the process calls itself: "run", "proxy", "demo".
	Role    string
	Version string
	// Listeners to open.
	Listeners []proxy.Listener
	// Files are the documents: paths, or patterns with wildcards.
	Files []string
	// Unguarded grants every policy a standing lease. It is for tests on a
	// laptop: nobody watches, and nothing is recorded.
	Unguarded bool
	// Marks says which callers are told of a fault. Zero: those on this machine.
	Marks fault.Marks
	// Record keeps what happened. Nil: nothing can be recorded, and so nobody is
	// granted a lease.
	Record journal.Store
	// Drain is the longest wait for requests under way at the end. Zero: none.
	Drain time.Duration
	// Changed is told of new documents before the engine has them, and must not
	// block: what was tested under the old ones ends first. Nil: nobody.
	Changed func(Change)
	// Halting is told of a halt just before it, and must not block. Nil: nobody.
	Halting func(cause error)
	Log     *slog.Logger
}

// Sidecar is the data plane of one process.
type Sidecar struct {
	Engine   *fault.Engine
	Leases   *lease.Table
	Library  *Library
	Registry *prometheus.Registry

	o       Options
	began   time.Time
	servers []*proxy.Server
	own     proxy.Addresses // that the process listens on
	halts   *prometheus.CounterVec
	notes   chan journal.Event // on their way to the record
	lost    atomic.Uint64      // those the queue had no room for

	restoring sync.Mutex
	restored  bool // the record has been asked for a halt
	// recordFailed is why the last event could not be recorded; nil: it could.
	recordFailed error
}

// New reads the documents and the record, and opens the listeners; requests
// wait until Run. A record that says poise is halted keeps it halted.
func New(o Options) (_ *Sidecar, err error) {
	s := &Sidecar{
		o:        o,
		began:    time.Now(),
		Registry: prometheus.NewRegistry(),
		notes:    make(chan journal.Event, maxNotes),
	}
	s.Leases = lease.New(lease.Options{OnEnd: s.leaseEnded})
	s.Engine = fault.New(fault.Options{Permit: s.Leases, Marks: o.Marks})
	for _, l := range o.Listeners {
		s.Engine.Lane(l.Name)
	}
	if err := s.Refuses(); err != nil {
		o.Log.Error("no record, no fault: leases are refused, traffic flows", "error", err)
	}
	if s.Library, err = NewLibrary(o.Files, s.take, o.Log); err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, s.register()
}

// open opens the listeners, all or none.
func (s *Sidecar) open() error {
	for _, l := range s.o.Listeners {
		l.Own = &s.own
		server, err := proxy.Listen(s.Engine, l, s.o.Log)
		if err != nil {
			return errors.Join(err, s.close(context.Background()))
		}
		s.servers = append(s.servers, server)
	}
	return nil
}

func (s *Sidecar) register() error {
	s.halts = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "poise_halts_total",
		Help: "Times faults were halted, by reason: operator (a person halted everything), breached (a run's belief failed).",
	}, []string{"reason"})
	for _, reason := range []string{"operator", "breached"} {
		s.halts.WithLabelValues(reason)
	}
	for _, c := range []prometheus.Collector{
		s.Engine.Collector(), proxy.Collector(s.servers), s.halts, &leaseCollector{s.Leases, s.Library},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(s.o.Version),
	} {
		if err := s.Registry.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// CountHalt counts a halt; see poise_halts_total for the reasons.
func (s *Sidecar) CountHalt(reason string) { s.halts.WithLabelValues(reason).Inc() }

// Servers returns the open listeners.
func (s *Sidecar) Servers() []*proxy.Server { return s.servers }

// Listeners returns the names of the listeners.
func (s *Sidecar) Listeners() []string {
	names := make([]string, len(s.o.Listeners))
	for i, l := range s.o.Listeners {
		names[i] = l.Name
	}
	return names
}

// Run carries requests until ctx ends. Then it stops injecting at once, lets go
// whoever is held, and waits for requests under way, Drain long at most.
func (s *Sidecar) Run(ctx context.Context) error {
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	var background, serving sync.WaitGroup
	background.Go(func() { s.Library.Watch(watching) })
	background.Go(func() { s.recordNotes(watching) })
	failed := make(chan error, len(s.servers))
	for _, server := range s.servers {
		serving.Go(func() {
			if err := server.Serve(); err != nil {
				failed <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.Engine.Drain()
	for _, l := range s.Leases.Leases() {
		s.Leases.End(l.Policy, errShutdown)
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Drain)
	defer cancel()
	err = errors.Join(err, s.close(drain))
	serving.Wait()
	stop()
	background.Wait()
	return err
}

var errShutdown = errors.New("the process is going down")

// Close closes the listeners of a sidecar that was never run.
func (s *Sidecar) Close() error { return s.close(context.Background()) }

// close closes the listeners. Requests cut at the end of the drain are an
// expected end, and only told.
func (s *Sidecar) close(ctx context.Context) error {
	var all sync.WaitGroup
	for _, server := range s.servers {
		all.Go(func() {
			if err := server.Shutdown(ctx); err != nil {
				s.o.Log.Warn("requests were cut", "listener", server.Name(), "error", err)
			}
		})
	}
	all.Wait()
	return nil
}

// errChanged is why a lease ends with the document it was given for.
var errChanged = errors.New("the policy was changed")

// take puts new documents in force. A lease is for a policy as it was when the
// lease was given: it ends before another policy of that name begins.
func (s *Sidecar) take(c Change) {
	if s.o.Changed != nil {
		s.o.Changed(c)
	}
	old := s.Engine.Set()
	var fresh []string
	for _, p := range c.Set.Policies() {
		switch was := old.Policy(p.Name); {
		case was == nil:
			fresh = append(fresh, p.Name)
		case was.Digest != p.Digest:
			s.Leases.End(p.Name, errChanged)
			fresh = append(fresh, p.Name)
		}
	}
	s.Leases.Forget(c.Gone...)
	s.Engine.Load(c.Set)
	s.o.Log.Info("documents", "change", c.Text, "policies", len(c.Set.Policies()))
	s.warnOfStrangers(c.Set)
	s.Note(journal.Event{
		At: time.Now(), Kind: journal.KindDocumentChanged, Source: journal.SourcePoise, Subject: "documents", Text: c.Text + ".",
	})
	if s.o.Unguarded {
		s.unguard(fresh)
	}
}

// warnOfStrangers tells of policies and objectives for listeners that are not
// here: they do nothing in this process, which may be meant.
func (s *Sidecar) warnOfStrangers(set *policies.Set) {
	here := s.Listeners()
	for _, p := range set.Policies() {
		if p.Listener != "" && !slices.Contains(here, p.Listener) {
			s.o.Log.Warn("a policy acts on a listener this process does not have", "policy", p.Name, "listener", p.Listener)
		}
	}
	for _, belief := range set.Beliefs() {
		for _, promise := range belief.Promises {
			if promise.Listener != "" && !slices.Contains(here, promise.Listener) {
				s.o.Log.Warn("an objective is measured at a listener this process does not have",
					"hypothesis", belief.Name, "objective", promise.Name, "listener", promise.Listener)
			}
		}
	}
}

// unguard grants policies a standing lease. A halt that may be in the record,
// and cannot be read, is one.
func (s *Sidecar) unguard(names []string) {
	if s.o.Record != nil && !s.knowsHalt() {
		s.o.Log.Warn("no standing leases: the record cannot say whether poise was halted")
		return
	}
	for _, name := range names {
		err := s.Leases.Apply(lease.Grant{Policy: name, Term: s.Leases.Term(), Until: lease.Forever})
		if err != nil {
			s.o.Log.Warn("a policy stays without its standing lease", "policy", name, "error", err)
		}
	}
}
