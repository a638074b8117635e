package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// run returns what is needed to judge a run again, and how it was recorded to
// have ended.
func (l *ledger) run(ctx context.Context, name string) (id string, spec verifier.Spec, ticks []verifier.Tick, end verifier.Run, err error) {
	if l.data != "" {
		record, closer, err := openRecord(l.data)
		if err != nil {
			return "", spec, nil, end, err
		}
		defer closer.Close()
		if id, err = latestRun(ctx, record, name); err != nil {
			return "", spec, nil, end, err
		}
		spec, ticks, end, err = recorded(ctx, record, id)
		return id, spec, ticks, end, err
	}
	var evidence struct {
		Run   string          `json:"run"`
		Ticks []verifier.Tick `json:"ticks"`
	}
	if err := l.client.call(ctx, "GET", "/api/v1/runs/"+name+"/evidence", nil, &evidence); err != nil {
		return "", spec, nil, end, err
	}
	if err := l.client.call(ctx, "GET", "/api/v1/runs/"+name, nil, &end); err != nil {
		return "", spec, nil, end, err
	}
	spec, err = l.spec(ctx, evidence.Run)
	return evidence.Run, spec, evidence.Ticks, end, err
}

// spec returns what a run began with, as a running poise recorded it.
func (l *ledger) spec(ctx context.Context, run string) (spec verifier.Spec, err error) {
	var page struct {
		Events []journal.Event `json:"events"`
	}
	if err := l.client.call(ctx, "GET", "/api/v1/runs/"+run+"/timeline?limit=10", nil, &page); err != nil {
		return spec, err
	}
	for _, e := range page.Events {
		if e.Kind == journal.KindRunStarted {
			return spec, cli.Data(json.Unmarshal(e.Data, &spec))
		}
	}
	return spec, cli.Data(fmt.Errorf("the timeline does not say how run %s began", run))
}
