// Command bench measures what a request through the proxy costs, beside other
// proxies, in one run and one table.
//
//	go run ./bench                                    everything, about half an hour
//	go run ./bench -rounds 1 -for 1s                  a quick look at everything
//	go run ./bench -case get,paced -peers poise,nginx some of it
//
// README.md explains the method and how to read the table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// run measures, or plays the part named by the first argument: the command
// starts itself again as upstream, as load, and as the proxies to compare with.
func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "upstream":
			return upstream(ctx, args[1], args[2])
		case "proxy":
			return reverseProxy(ctx, args[1], args[2], args[3])
		case "load":
			return generate(ctx, args[1], os.Stdout)
		case "hold":
			return hold(ctx, args[1], os.Stdout)
		}
	}
	return measure(ctx, args)
}

// options are what a person can choose.
type options struct {
	rounds int
	window time.Duration
	poise  string
	scenes []scene
	peers  []string // names; none means all
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "how often each proxy is measured, in turn")
	flags.DurationVar(&o.window, "for", 2*time.Second, "how long one measurement lasts")
	flags.StringVar(&o.poise, "poise", "", "poise-proxy binary to measure (default: build ./cmd/poise-proxy)")
	names := flags.String("case", "", "cases to run, with commas between (default: all)")
	beside := flags.String("peers", "", "proxies to measure, with commas between (default: all)")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *beside != "" {
		o.peers = strings.Split(*beside, ",")
	}
	if o.rounds < 1 || o.window < 100*time.Millisecond {
		return o, fmt.Errorf("-rounds %d -for %s: need at least one round of 100ms", o.rounds, o.window)
	}
	var err error
	o.scenes, err = chosen(scenes(o.window), *names)
	return o, err
}

// measure runs every case and prints its table.
func measure(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "poise-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stage, err := newStage(dir)
	if err != nil {
		return err
	}
	all, err := peers(ctx, o, dir)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %s/%s, %d CPUs; %s; %d rounds of %s\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), stage.pinning(), o.rounds, o.window)
	printTitle(os.Stdout)
	var failed []error
	for _, c := range o.scenes {
		results := stage.play(ctx, c, all, o.rounds)
		if err := ctx.Err(); err != nil {
			return err
		}
		printResults(os.Stdout, c, results)
		for _, r := range results {
			if r.err != nil && !missing(r.err) {
				failed = append(failed, fmt.Errorf("%s, %s: %w", c.name, r.peer, r.err))
			}
		}
	}
	return errors.Join(failed...)
}
