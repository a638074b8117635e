package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/cmd/internal/settings"
	"github.com/poise-dev/poise/internal/demo"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/progress"
	"github.com/poise-dev/poise/verifier"
)

func demoVerb(version string) *cobra.Command {
	d := &demonstration{version: version}
	c := &cobra.Command{
		Use:   "demo",
		Short: "See a belief fail, and the same belief hold, in two minutes",
		Long: `Start two small HTTP services, people who order, and poise between them. In the
first chapter checkout waits for payment with a small shared connection pool and
no timeout; in the second it has a timeout, a fallback and a proper pool. The same
belief is tested on both. Nothing of the outcome is scripted: exit code 0 only
when the first was breached and the second upheld.`,
		Args: cobra.NoArgs,
	}
	c.Flags().DurationVar(&d.limit, "for", 3*time.Minute, "longest time for both chapters")
	c.Flags().BoolVar(&d.keep, "keep", false, "leave everything running afterwards, until interrupted")
	c.Flags().StringVar(&d.data, "data", filepath.Join("poise-data", "demo"), "directory of the record and the stories")
	c.Flags().StringVar(&d.admin, "admin", "", "address of the admin API (default "+defaultAdmin+", or any free port)")
	c.RunE = func(c *cobra.Command, _ []string) error {
		d.out, d.display = c.OutOrStdout(), progress.New(c.ErrOrStderr(), progress.Detect(c.ErrOrStderr(), os.Getenv))
		return d.run(c.Context())
	}
	return c
}

// demonstration is the two chapters.
type demonstration struct {
	version string
	limit   time.Duration
	keep    bool
	data    string
	admin   string
	out     io.Writer
	display *progress.Display

	shop    *demo.Shop
	poise   *process
	egress  string
	traffic *demo.Traffic
}

// chapter is one build of checkout, and what will be found out about it.
type chapter struct {
	number, title string
	build         demo.Checkout
	deploy        string
	want          verifier.Verdict
}

func chapters() []chapter {
	return []chapter{
		{
			"Chapter 1 of 2", "checkout waits for payment in a small pool, without a timeout",
			demo.Fragile(), "Checkout was deployed with 8 shared connections to payment and no timeout.", verifier.Breached,
		},
		{
			"Chapter 2 of 2", "checkout has a timeout, a fallback and a proper pool",
			demo.Sturdy(), "Checkout was deployed with a timeout of 250 ms, a fallback and 128 connections.", verifier.Upheld,
		},
	}
}

// run opens everything, plays the chapters, and closes everything, last in
// first out.
func (d *demonstration) run(ctx context.Context) (err error) {
	if err := d.open(ctx); err != nil {
		return err
	}
	base := context.WithoutCancel(ctx)
	serving, stopServing := context.WithCancel(base)
	ordering, stopOrders := context.WithCancel(base)
	served := make(chan error, 1)
	go func() { served <- d.poise.Run(serving) }()
	var orders sync.WaitGroup
	defer func() {
		stopOrders()
		orders.Wait()
		stopServing()
		err = errors.Join(err, cli.Unavailable(<-served), d.closeShop(base), d.display.Close())
	}()
	if err := d.shop.Deploy(chapters()[0].build, d.egress); err != nil {
		return err
	}
	orders.Go(func() { d.traffic.Run(ordering) })

	bounded, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	code := 0
	for _, c := range chapters() {
		run, err := d.play(bounded, c)
		if err != nil {
			return err
		}
		if run.Verdict != c.want {
			fmt.Fprintf(d.out, "This chapter went otherwise than told: %s was expected.\n", c.want)
			code = max(run.ExitCode(), 1)
		}
		if ctx.Err() != nil {
			return cli.Exit(max(code, verifier.ExitStopped))
		}
	}
	if d.keep {
		fmt.Fprintf(d.out, "\nEverything is left running. Admin API: http://%s (try: poise status --admin %s). Ctrl-C ends it.\n",
			d.poise.AdminAddr(), d.poise.AdminAddr())
		<-ctx.Done()
	}
	return cli.Exit(code)
}

// open opens the shop, and poise before both of its doors.
func (d *demonstration) open(ctx context.Context) (err error) {
	if d.shop, err = demo.Open(ctx, demo.Options{}); err != nil {
		return cli.Unavailable(err)
	}
	s := settings.Settings{Data: d.data, ForwardedHeaders: "on", Drain: 5 * time.Second}
	s.Log.Level, s.Log.Format = "warn", "text"
	s.Admin.Address = d.adminAddress()
	s.Listeners = []settings.Listener{
		{Name: demo.Ingress, Address: "127.0.0.1:0", Upstream: d.shop.Checkout()},
		{Name: demo.Egress, Address: "127.0.0.1:0", Upstream: d.shop.Payment()},
	}
	if d.poise, err = open(&s, "demo", d.version, d.display); err != nil {
		return errors.Join(err, d.closeShop(ctx))
	}
	addresses := map[string]string{}
	for _, server := range d.poise.Sidecar.Servers() {
		addresses[server.Name()] = "http://" + server.Addr().String()
	}
	d.egress = addresses[demo.Egress]
	d.traffic, err = demo.NewTraffic(demo.TrafficOptions{URL: addresses[demo.Ingress] + "/checkout"})
	if err == nil {
		_, err = d.poise.Sidecar.Library.Put("demo", demo.Documents())
	}
	if err != nil {
		return errors.Join(err, d.poise.Close(), d.closeShop(ctx))
	}
	return nil
}

// adminAddress is the usual one, or any free one where that is taken.
func (d *demonstration) adminAddress() string {
	if d.admin != "" {
		return d.admin
	}
	socket, err := new(net.ListenConfig).Listen(context.Background(), "tcp", defaultAdmin)
	if err != nil {
		return "127.0.0.1:0"
	}
	_ = socket.Close() // only asked whether it is free
	return defaultAdmin
}

// warmUp is how long the traffic runs on a build before it is judged.
const warmUp = 2 * time.Second

// play deploys a build, tests the belief on it, and prints what was found out.
func (d *demonstration) play(ctx context.Context, c chapter) (verifier.Run, error) {
	if err := d.shop.Deploy(c.build, d.egress); err != nil {
		return verifier.Run{}, err
	}
	_, err := d.poise.Sidecar.Append(ctx, journal.Event{
		Kind: journal.KindDeploy, Source: "demo", Subject: "checkout", Text: c.deploy,
	})
	if err != nil {
		return verifier.Run{}, cli.Unavailable(err)
	}
	wait := time.NewTimer(warmUp)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	id, err := d.poise.Runs.Start(ctx, demo.Verification)
	if err != nil {
		return verifier.Run{}, refusedStart(err)
	}
	base := progress.Snapshot{Chapter: c.number, Title: c.title}
	run, err := d.poise.follow(ctx, id, base, d.display, func() float64 { return d.traffic.Stats().Rate })
	if err != nil {
		return run, err
	}
	if err := d.display.Close(); err != nil {
		return run, err
	}
	story, err := d.poise.Runs.WriteStory(context.WithoutCancel(ctx), d.data, id)
	if err != nil {
		return run, err
	}
	printVerdict(d.out, run, story)
	return run, nil
}

// shopClosing bounds the wait for orders under way at the end.
const shopClosing = 5 * time.Second

func (d *demonstration) closeShop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shopClosing)
	defer cancel()
	return d.shop.Close(ctx)
}
