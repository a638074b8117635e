package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/internal/api"
)

func statusVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "Show listeners, policies, leases and runs of a running poise",
		Args:  cobra.NoArgs,
	}
	client, output := clientFlags(c), cli.Output(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		var s api.Status
		if err := client.call(c.Context(), "GET", "/api/v1/status", nil, &s); err != nil {
			return err
		}
		return output.Print(c.OutOrStdout(), s, func(w io.Writer) { printStatus(w, s) })
	}
	return c
}

func printStatus(w io.Writer, s api.Status) {
	switch {
	case s.Halted:
		fmt.Fprintf(w, "HALTED: %s. No fault is injected; poise resume ends the halt.\n\n", s.HaltReason)
	case s.Refused != "":
		fmt.Fprintf(w, "NO LEASES: %s. Traffic flows; no fault is injected.\n\n", s.Refused)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "LISTENER\tADDRESS\tUPSTREAM")
	for _, l := range s.Listeners {
		fmt.Fprintf(t, "%s\t%s\t%s\n", l.Name, l.Address, l.Upstream)
	}
	if len(s.Policies) > 0 {
		fmt.Fprintln(t, "\nPOLICY\tLISTENER\tSHARE\tFAULT\tLEASE\tFAULT ARM\tCONTROL\tACTIVE")
		for _, p := range s.Policies {
			fmt.Fprintf(t, "%s\t%s\t%s%%\t%s\t%s\t%d\t%d\t%d\n",
				p.Name, cmp.Or(p.Listener, "every"), p.Percentage, p.Fault, leaseWords(p.Lease), p.Arms.Fault, p.Arms.Control, p.Active)
		}
	}
	if len(s.Runs) > 0 {
		fmt.Fprintln(t, "\nRUN\tVERIFICATION\tSTATE\tVERDICT\tSTARTED")
		for _, r := range s.Runs {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Verification, r.State, cmp.Or(string(r.Verdict), "-"), r.StartedAt.Local().Format(time.DateTime))
		}
	}
	_ = t.Flush() // the writer is a terminal or a pipe; who closed it does not read
}

func leaseWords(l *api.Lease) string {
	switch {
	case l == nil:
		return "none"
	case l.Until.IsZero():
		return "standing"
	default:
		return time.Duration(l.Remaining).Round(time.Millisecond * 100).String()
	}
}
