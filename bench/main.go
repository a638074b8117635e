// Command bench measures what a request through the proxy costs, beside other
// proxies, in one run and one table.
//
//	go run ./bench                     everything, about three minutes
//	go run ./bench -rounds 1 -for 1s   a quick look
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
			return upstream(ctx, args[1])
		case "proxy":
			return reverseProxy(ctx, args[1], args[2], args[3])
		case "load":
			return generate(ctx, args[1], os.Stdout)
		}
	}
	return measure(ctx, args)
}

// options are what a person can choose.
type options struct {
	rounds int
	window time.Duration
	poise  string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "how often each proxy is measured, in turn")
	flags.DurationVar(&o.window, "for", 2*time.Second, "how long one measurement lasts")
	flags.StringVar(&o.poise, "poise", "", "poise-proxy binary to measure (default: build ./cmd/poise-proxy)")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.rounds < 1 || o.window < 100*time.Millisecond {
		return o, fmt.Errorf("-rounds %d -for %s: need at least one round of 100ms", o.rounds, o.window)
	}
	return o, nil
}

// cases are the two questions: what a request costs when there is no pause
// between requests, and what it costs at the rate of an ordinary service.
func cases(o options) []scene {
	load := load{Connections: 64, Size: 1024, Warm: 500 * time.Millisecond, For: o.window}
	paced := load
	paced.Rate = 2000
	return []scene{
		{"GET 1 KiB, 64 connections, as fast as answered", load},
		{"GET 1 KiB, 64 connections, 2,000 requests a second", paced},
	}
}

// scene is one case with its title.
type scene struct {
	title string
	load  load
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
	all := peers(ctx, o, dir)
	fmt.Printf("%s, %s/%s, %d CPUs; %s; %d rounds of %s\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), stage.pinning(), o.rounds, o.window)
	var failed int
	for _, scene := range cases(o) {
		results := stage.play(ctx, scene.load, all, o.rounds)
		if err := ctx.Err(); err != nil {
			return err
		}
		fmt.Printf("\n%s\n", scene.title)
		printTable(os.Stdout, results)
		for _, r := range results {
			if r.err != nil && !errors.Is(r.err, errNotHere) {
				failed++
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d measurements failed, see above", failed)
	}
	return nil
}
