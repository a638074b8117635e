package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// load is one way of sending requests, over connections that are kept.
type load struct {
	Target      string // host:port
	Connections int
	Send        int           // bytes every request has; 0: it is a GET
	Size        int           // bytes every answer must have
	Instead     int           // status that some answers have in place of all this; 0: none may
	Rate        float64       // requests a second over all connections; 0: the next as soon as the last is answered
	Warm        time.Duration // sent before anything is counted
	For         time.Duration // counted
}

// outcome is what one load saw. Every answer in it was checked: status, length
// and each byte of the body.
type outcome struct {
	Requests int
	Instead  int // of them, those with the other status
	PerSec   float64
	P50, P99 time.Duration
}

// The marks that a load process prints around the counted time, so that who
// started it can read the proxy's CPU clock at both.
const (
	markBegin = "begin"
	markEnd   = "end"
)

// generate plays the part of the load: it takes a load as JSON, prints the
// marks, then its outcome as JSON.
func generate(ctx context.Context, arg string, out io.Writer) error {
	var l load
	if err := json.Unmarshal([]byte(arg), &l); err != nil {
		return err
	}
	o, err := l.run(ctx, func(mark string) { fmt.Fprintln(out, mark) })
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(o)
}

// run sends the load. One wrong answer ends it with an error: a proxy that
// answers wrongly has no speed worth knowing.
func (l load) run(ctx context.Context, mark func(string)) (outcome, error) {
	begin := time.Now().Add(l.Warm)
	end := begin.Add(l.For)
	senders := make([]*sender, l.Connections)
	group, ctx := errgroup.WithContext(ctx)
	for i := range senders {
		senders[i] = &sender{load: l, place: i, begin: begin, end: end}
		group.Go(func() error { return senders[i].run(ctx) })
	}
	group.Go(func() error {
		if pause(ctx, begin) {
			mark(markBegin)
		}
		if pause(ctx, end) {
			mark(markEnd)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return outcome{}, err
	}
	return l.outcome(senders)
}

// outcome puts together what the senders saw.
func (l load) outcome(senders []*sender) (outcome, error) {
	var all []time.Duration
	instead := 0
	for _, s := range senders {
		all = append(all, s.latencies...)
		instead += s.instead
	}
	if len(all) == 0 {
		return outcome{}, fmt.Errorf("no answer within %s", l.For)
	}
	slices.Sort(all)
	return outcome{
		Requests: len(all),
		Instead:  instead,
		PerSec:   float64(len(all)) / l.For.Seconds(),
		P50:      all[len(all)/2],
		P99:      all[len(all)*99/100],
	}, nil
}

// pause waits until an instant, and tells whether it was allowed to.
func pause(ctx context.Context, until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
