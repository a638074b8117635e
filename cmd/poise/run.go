package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/cmd/internal/settings"
	"github.com/poise-dev/poise/internal/app"
	"github.com/poise-dev/poise/internal/progress"
	"github.com/poise-dev/poise/verifier"
)

func runVerb(version string) *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Carry requests and verify beliefs, in one process",
		Long: `Carry requests from listeners to their upstreams, and verify beliefs about them,
in one process. With --verification one is run against whatever traffic comes,
its verdict is printed, and the exit code is the verdict's. Without, poise serves
until it is stopped.`,
		Example: `  poise run -f policies/*.yaml --listen 127.0.0.1:8081 --upstream http://127.0.0.1:8080
  poise run -f belief.yaml --listen 127.0.0.1:8081 --upstream http://127.0.0.1:8080 --verification checkout-slow-payment`,
		Args: cobra.NoArgs,
	}
	settings.Flags(c.Flags())
	verification := c.Flags().String("verification", "", "run this Verification, print the verdict, and exit with its code")
	output := cli.Output(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := settings.Load(c.Flags())
		if err != nil {
			return cli.Usage("%w", err)
		}
		if len(s.Listeners) == 0 {
			return cli.Usage("there is no listener (add --listen and --upstream, or listeners: to %s)", settings.DefaultFile)
		}
		display := progress.New(c.ErrOrStderr(), progress.Detect(c.ErrOrStderr(), os.Getenv))
		p, err := open(&s, "run", version, display)
		if err != nil {
			return err
		}
		if *verification == "" {
			return cli.Unavailable(p.Run(c.Context()))
		}
		run, err := p.verify(c.Context(), *verification, display)
		if err != nil {
			return err
		}
		return errors.Join(output.Print(c.OutOrStdout(), run, func(w io.Writer) { printVerdict(w, run, p.story) }), cli.Exit(run.ExitCode()))
	}
	return c
}

// process is a whole poise in this process, and its terminal.
type process struct {
	*app.App
	data  string
	story string // path of the last story
}

// open opens a whole poise; log goes above the display.
func open(s *settings.Settings, role, version string, display *progress.Display) (*process, error) {
	log := cli.Logger(display, s.Log.Level, s.Log.Format)
	a, err := app.New(app.Options{Sidecar: s.Sidecar(role, version, log), Admin: s.AdminOptions(), Data: s.Data, MaxExposure: s.MaxExposure / 100})
	if err != nil {
		return nil, settings.Failure(err)
	}
	for _, server := range a.Sidecar.Servers() {
		log.Info("listening", "listener", server.Name(), "address", server.Addr().String(), "upstream", server.Upstream().String())
	}
	log.Info("admin", "address", a.AdminAddr())
	return &process{App: a, data: s.Data}, nil
}

// verify runs one verification beside everything else, and ends both.
func (p *process) verify(ctx context.Context, name string, display *progress.Display) (run verifier.Run, err error) {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- p.Run(serving) }()
	defer func() {
		stop()
		err = errors.Join(err, cli.Unavailable(<-served), display.Close())
	}()
	id, err := p.Runs.Start(ctx, name)
	if err != nil {
		return run, refusedStart(err)
	}
	run, err = p.follow(ctx, id, progress.Snapshot{Title: name}, display, p.rate())
	if err != nil {
		return run, err
	}
	p.story, err = p.Runs.WriteStory(serving, p.data, id)
	return run, err
}

// follow shows a run until it is done. When ctx ends first, the run is stopped
// and its end awaited: a person's interruption, or a supervisor's.
func (p *process) follow(ctx context.Context, id string, base progress.Snapshot, display *progress.Display, rate func() float64) (verifier.Run, error) {
	show := func(m app.Moment) { display.Show(snapshot(base, m, rate())) }
	run, err := p.Runs.Watch(ctx, id, show)
	if err != nil || run.State == verifier.StateDone {
		return run, err
	}
	why := verifier.Stop{Reason: verifier.StopShutdown, Text: "The process was told to end."}
	if cli.Interrupted(ctx) {
		why = verifier.Stop{Reason: verifier.StopOperator, Text: "A person interrupted the run."}
	}
	return p.Runs.End(context.WithoutCancel(ctx), id, why)
}

// refusedStart gives the refusal of a run its exit code.
func refusedStart(err error) error {
	if errors.Is(err, verifier.ErrRecord) {
		return cli.Unavailable(err)
	}
	return cli.Data(err)
}

// printVerdict prints what a run found out, and where to read on.
func printVerdict(w io.Writer, run verifier.Run, story string) {
	word := string(run.Verdict)
	if run.StopReason != "" {
		word += " (" + run.StopReason + ")"
	}
	fmt.Fprintf(w, "%s: %s\n", word, run.Reason)
	if run.FaultToDecision > 0 {
		fmt.Fprintf(w, "  first fault to decision         %s\n", run.FaultToDecision)
	}
	if run.DecisionToLastFaulted > 0 {
		fmt.Fprintf(w, "  decision to last faulted request %s\n", run.DecisionToLastFaulted)
	}
	if story != "" {
		fmt.Fprintf(w, "  story                           %s\n", story)
	}
}
