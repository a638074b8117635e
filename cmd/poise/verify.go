package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/verifier"
)

// pollTimeout is how long one question for the end of a run waits; it stays
// below the timeout of a question.
const pollTimeout = "20s"

func verifyVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify VERIFICATION",
		Short: "Run one verification in a running poise, for a pipeline",
		Long: `Run one verification in a running poise, wait for its verdict, and exit with its
code: 0 upheld, 10 breached, 11 inconclusive, 12 not exercised, 13 stopped. An
interruption stops the run, and its faults at once. For pipelines the outcome can
be written as JUnit XML and as Markdown.`,
		Example: "  poise verify checkout-slow-payment --junit poise.xml --summary \"$GITHUB_STEP_SUMMARY\"",
		Args:    cobra.ExactArgs(1),
	}
	junit := c.Flags().String("junit", "", "write the outcome to this file, as JUnit XML")
	summary := c.Flags().String("summary", "", "add the outcome to this file, as Markdown")
	prometheus := c.Flags().String("prometheus", "", "URL of a Prometheus to verify against")
	client, output := clientFlags(c), cli.Output(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if *prometheus != "" {
			return cli.Usage("--prometheus is not available yet: verify against a running poise (--admin)")
		}
		run, err := client.verify(c.Context(), args[0])
		if err != nil {
			return err
		}
		if err := report(run, *junit, *summary); err != nil {
			return cli.Unavailable(err)
		}
		story := client.url(runPath(run.ID) + "/story")
		return errors.Join(output.Print(c.OutOrStdout(), run, func(w io.Writer) { printVerdict(w, run, story) }), cli.Exit(run.ExitCode()))
	}
	return c
}

// verify starts a run and waits for its end. When ctx ends first the run is
// stopped, and its end awaited.
func (c *client) verify(ctx context.Context, verification string) (run verifier.Run, err error) {
	var begun struct{ ID string }
	if err := c.call(ctx, "POST", "/api/v1/verifications/"+url.PathEscape(verification)+"/runs", nil, &begun); err != nil {
		return run, err
	}
	run, err = c.await(ctx, begun.ID)
	if err == nil || ctx.Err() == nil {
		return run, err
	}
	ending := context.WithoutCancel(ctx)
	reason := map[string]string{"reason": "poise verify was interrupted"}
	if err := c.call(ending, "DELETE", runPath(begun.ID), reason, nil); err != nil {
		return run, err
	}
	return c.await(ending, begun.ID)
}

// await returns a run at its end.
func (c *client) await(ctx context.Context, id string) (run verifier.Run, err error) {
	for err == nil && run.State != verifier.StateDone {
		err = c.call(ctx, "GET", runPath(id)+"/wait?timeout="+pollTimeout, nil, &run)
	}
	return run, err
}

func runPath(id string) string { return "/api/v1/runs/" + url.PathEscape(id) }

// report writes the outcome to the files that are named.
func report(run verifier.Run, junit, summary string) error {
	if junit != "" {
		text, err := junitOf(run)
		if err != nil {
			return err
		}
		if err := os.WriteFile(junit, text, 0o644); err != nil { //nolint:gosec // a report others read
			return fmt.Errorf("write the outcome: %w", err)
		}
	}
	if summary == "" {
		return nil
	}
	file, err := os.OpenFile(summary, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // the person names the file
	if err != nil {
		return fmt.Errorf("write the outcome: %w", err)
	}
	_, err = file.WriteString(markdownOf(run))
	return errors.Join(err, file.Close())
}
