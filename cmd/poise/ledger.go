package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/journal/lines"
	"github.com/poise-dev/poise/internal/journal/sqlite"
	"github.com/poise-dev/poise/verifier"
)

// ledger reads what happened: from a running poise, or from the record of one,
// running or not.
type ledger struct {
	client *client
	data   string
}

// ledgerFlags adds the flags that say which record is read.
func ledgerFlags(c *cobra.Command) *ledger {
	l := &ledger{client: clientFlags(c)}
	c.Flags().StringVar(&l.data, "data", "", "read the record in this directory, rather than ask a running poise")
	return l
}

// openRecord opens a record for reading: that of poise, or of poise-proxy.
func openRecord(dir string) (journal.Reader, io.Closer, error) {
	if _, err := os.Stat(filepath.Join(dir, "events.jsonl")); err == nil {
		r, err := lines.OpenReadOnly(dir)
		return r, r, cli.Unavailable(err)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, cli.Unavailable(err)
	}
	r, err := sqlite.OpenReadOnly(dir)
	return r, r, cli.Unavailable(err)
}

// events returns the events a query selects.
func (l *ledger) events(ctx context.Context, q journal.Query, form url.Values) ([]journal.Event, error) {
	if l.data == "" {
		return l.ask(ctx, form)
	}
	record, closer, err := openRecord(l.data)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	if q.Run, err = latestRun(ctx, record, q.Run); err != nil {
		return nil, err
	}
	events, err := journal.Collect(record.Events(ctx, q))
	return events, cli.Unavailable(err)
}

// ask reads the timeline of a running poise, page by page.
func (l *ledger) ask(ctx context.Context, form url.Values) (events []journal.Event, err error) {
	for {
		var page api.Page
		if err := l.client.call(ctx, "GET", "/api/v1/timeline?"+form.Encode(), nil, &page); err != nil {
			return nil, err
		}
		events = append(events, page.Events...)
		if page.Next == 0 {
			return events, nil
		}
		form.Set("after", strconv.FormatUint(page.Next, 10))
	}
}

// latest names the newest run.
const latest = "latest"

// latestRun returns the id of a run, which may be "latest".
func latestRun(ctx context.Context, record journal.Reader, run string) (string, error) {
	if run != latest {
		return run, nil
	}
	found := ""
	for e, err := range record.Events(ctx, journal.Query{Kinds: []string{journal.KindRunStarted}}) {
		if err != nil {
			return "", cli.Unavailable(err)
		}
		found = e.Run
	}
	if found == "" {
		return "", cli.Usage("the record knows no run yet")
	}
	return found, nil
}

// recorded reads the spec, the ticks and the recorded end of a run.
func recorded(ctx context.Context, record journal.Reader, run string) (spec verifier.Spec, ticks []verifier.Tick, end verifier.Run, err error) {
	kinds := []string{journal.KindRunStarted, journal.KindRunEnded}
	known := false
	for e, err := range record.Events(ctx, journal.Query{Run: run, Kinds: kinds}) {
		if err != nil {
			return spec, nil, end, cli.Unavailable(err)
		}
		into := any(&spec)
		if e.Kind == journal.KindRunEnded {
			into = &end
		}
		if err := json.Unmarshal(e.Data, into); err != nil {
			return spec, nil, end, cli.Data(err)
		}
		known = true
	}
	if !known {
		return spec, nil, end, cli.Usage("the record knows no run %q", run)
	}
	for text, err := range record.Ticks(ctx, run) {
		var t verifier.Tick
		if err == nil {
			err = json.Unmarshal(text, &t)
		}
		if err != nil {
			return spec, nil, end, cli.Data(err)
		}
		ticks = append(ticks, t)
	}
	return spec, ticks, end, nil
}
