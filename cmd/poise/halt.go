package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/internal/api"
)

func haltVerb() *cobra.Command {
	return switchVerb("halt", "Switch every fault off, until poise resume",
		`Switch every fault off at once, and keep it off across restarts, until poise
resume. Requests that are being held go on.`, func(w io.Writer, h api.Halted) {
			fmt.Fprintf(w, "Halted: %s\n", h.Reason)
			if !h.Recorded {
				fmt.Fprintln(w, "This is not in a record: a restart would not know of it.")
			}
		})
}

func resumeVerb() *cobra.Command {
	return switchVerb("resume", "Allow faults again after a halt",
		`Allow faults again after a halt. Nothing starts by itself: leases from before the
halt do not live again, and runs are started anew.`, func(w io.Writer, h api.Halted) {
			fmt.Fprintf(w, "Resumed: %s\n", h.Reason)
		})
}

func switchVerb(verb, short, long string, text func(io.Writer, api.Halted)) *cobra.Command {
	c := &cobra.Command{Use: verb, Short: short, Long: long, Args: cobra.NoArgs}
	reason := c.Flags().String("reason", "", "why, for everybody who reads the timeline")
	client, output := clientFlags(c), cli.Output(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		var h api.Halted
		if err := client.call(c.Context(), "POST", "/api/v1/"+verb, map[string]string{"reason": *reason}, &h); err != nil {
			return err
		}
		return output.Print(c.OutOrStdout(), h, func(w io.Writer) { text(w, h) })
	}
	return c
}
