package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/journal/sqlite"
	"github.com/poise-dev/poise/internal/sidecar"
	"github.com/poise-dev/poise/verifier"
)

// Options configures an App.
type Options struct {
	// Sidecar is the data plane. Its Record and Changed are set here.
	Sidecar sidecar.Options
	// Admin is where it is steered.
	Admin sidecar.AdminOptions
	// Data is the directory of the record.
	Data string
	// MaxExposure is the share of a listener's requests, in [0,1], that continuous
	// verifications may fault. Two of them never share traffic, so that it bounds
	// each. 0: nothing but their own budgets bounds them.
	MaxExposure float64
}

// App is a whole poise in one process.
type App struct {
	Sidecar *sidecar.Sidecar
	Runs    *Runs

	admin  *sidecar.Admin
	record *journal.Reopening
	log    *slog.Logger
}

// New opens the record, the listeners and the admin address; requests wait
// until Run. A record that cannot be opened is no error: traffic flows, leases
// are refused, and every status says why.
func New(o Options) (_ *App, err error) {
	a := &App{log: o.Sidecar.Log}
	a.record = journal.NewReopening(func() (journal.Store, error) { return sqlite.Open(o.Data, sqlite.Options{}) })
	defer func() {
		if err != nil {
			err = errors.Join(err, a.record.Close())
		}
	}()
	o.Sidecar.Record = a.record
	o.Sidecar.Changed = a.changed
	o.Sidecar.Halting = a.halting
	if a.Sidecar, err = sidecar.New(o.Sidecar); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Sidecar.Close())
		}
	}()
	judge, err := verifier.New(verifier.Options{
		Plane: plane{a.Sidecar.Engine}, Leases: a.Sidecar.Leases, Recorder: &recorder{a.Sidecar, a.record}, Log: a.log,
	})
	if err != nil {
		return nil, err
	}
	a.Runs = newRuns(judge, a.Sidecar, a.record, a.log)
	a.Runs.maxExposure = o.MaxExposure
	if err := a.Sidecar.Registry.Register(&runCollector{a.Runs}); err != nil {
		return nil, err
	}
	if a.admin, err = a.Sidecar.OpenAdmin(o.Admin, a.api()); err != nil {
		return nil, err
	}
	if err := a.Runs.settle(context.Background()); err != nil {
		a.log.Warn("runs wait for the record", "error", err)
	}
	return a, nil
}

// api returns the whole admin API.
func (a *App) api() api.Options {
	o := a.Sidecar.API()
	o.Taken = a.Runs.Taken
	o.Verification = &api.Verification{Runs: a.Runs, Timeline: a.record, Story: a.Runs.Story, Beliefs: a.Runs}
	return o
}

// AdminAddr returns the address the admin API really has.
func (a *App) AdminAddr() string { return a.admin.Addr() }

// shutdownTime bounds the ends of the runs: the last entries of the record.
const shutdownTime = 10 * time.Second

// Run carries requests and judges until ctx ends. Then, last in first out: runs
// end (their faults at once), requests under way finish, the admin address
// closes, and the record after it.
func (a *App) Run(ctx context.Context) error {
	base := context.WithoutCancel(ctx)
	a.Sidecar.Note(a.event(journal.KindStarted, "poise started."))
	carrying, stopCarrying := context.WithCancel(base)
	steering, stopSteering := context.WithCancel(base)
	defer stopCarrying()
	defer stopSteering()
	var parts sync.WaitGroup
	failed := make(chan error, 2)
	parts.Go(func() { failed <- a.admin.Serve(steering) })
	parts.Go(func() { a.Runs.tellUntold(steering) })
	keeping, stopKeeping := context.WithCancel(base)
	defer stopKeeping()
	parts.Go(func() { a.Runs.keepUp(keeping) })
	var carried sync.WaitGroup
	carried.Go(func() { failed <- a.Sidecar.Run(carrying) })

	var err error
	ended := 0
	select {
	case <-ctx.Done():
	case err = <-failed:
		ended++
	}
	stopKeeping()
	bounded, cancel := context.WithTimeout(base, shutdownTime)
	defer cancel()
	err = errors.Join(err, a.Runs.verifier.Close(bounded))
	stopCarrying()
	carried.Wait()
	stopSteering()
	parts.Wait()
	for ; ended < 2; ended++ {
		err = errors.Join(err, <-failed)
	}
	if _, unrecorded := a.Sidecar.Append(bounded, a.event(journal.KindStopped, "poise stopped.")); unrecorded != nil {
		a.log.Warn("the end is not in the record", "error", unrecorded)
	}
	return errors.Join(err, a.record.Close())
}

// event is something that happens to the process itself.
func (a *App) event(kind, text string) journal.Event {
	return journal.Event{At: time.Now(), Kind: kind, Source: journal.SourcePoise, Subject: "poise", Text: text}
}

// Close closes an App that was never run.
func (a *App) Close() error { return errors.Join(a.Sidecar.Close(), a.record.Close()) }

// halting ends every run, also one that holds no lease just then: a halt is the
// end of whatever was being tested.
func (a *App) halting(cause error) {
	if a.Runs != nil {
		a.Runs.stopAll(verifier.Stop{Reason: verifier.StopOperator, Text: "A person halted everything: " + cause.Error() + "."})
	}
}

// changed ends the runs whose documents are no longer what they began with.
func (a *App) changed(c sidecar.Change) {
	if a.Runs != nil { // nil while the first documents are read
		a.Runs.supersede(c.Set)
	}
}
