package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/internal/app"
)

func storyVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "story RUN",
		Short: "Tell a run from front to back",
		Long: `Tell a run from front to back: what we believed, what we changed, what happened
in order, the decision and what it rested on, and what we know now. RUN may be
latest. The story is told by a running poise, or from a record (--data).`,
		Example: "  poise story latest --data poise-data",
		Args:    cobra.ExactArgs(1),
	}
	format := c.Flags().String("format", "md", "md or json")
	from := ledgerFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		accept := map[string]string{"md": "text/markdown", "json": "application/json"}[*format]
		if accept == "" {
			return cli.Usage("--format %s is unknown (expected md or json)", *format)
		}
		if from.data == "" {
			text, err := from.client.fetch(c.Context(), "GET", "/api/v1/runs/"+args[0]+"/story", accept, nil)
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		}
		record, closer, err := openRecord(from.data)
		if err != nil {
			return err
		}
		defer closer.Close()
		run, err := latestRun(c.Context(), record, args[0])
		if err != nil {
			return err
		}
		told, err := app.Tell(c.Context(), record, run)
		if errors.Is(err, app.ErrNoStory) {
			return cli.Usage("%w", err)
		}
		if err != nil {
			return cli.Unavailable(err)
		}
		output := cli.JSON()
		if *format == "md" {
			output = cli.Text()
		}
		return output.Print(c.OutOrStdout(), told, func(w io.Writer) { fmt.Fprint(w, told.Markdown()) })
	}
	return c
}
