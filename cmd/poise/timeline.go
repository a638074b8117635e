package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
)

func timelineVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "timeline",
		Short: "Show what happened, in the order it happened",
		Args:  cobra.NoArgs,
	}
	run := c.Flags().String("run", "", "only the events of this run; latest is the newest")
	since := c.Flags().Duration("since", 0, "only what happened this long ago or later")
	limit := c.Flags().Int("limit", 0, "at most so many events, the earliest first (default: all)")
	from, output := ledgerFlags(c), cli.Output(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		q, form := journal.Query{Run: *run, Limit: *limit}, url.Values{}
		if *since > 0 {
			q.Since = time.Now().Add(-*since)
			form.Set("since", q.Since.Format(time.RFC3339Nano))
		}
		if *run != "" {
			form.Set("run", *run)
		}
		events, err := from.events(c.Context(), q, form)
		if err != nil {
			return err
		}
		if *limit > 0 {
			events = events[:min(*limit, len(events))]
		}
		return output.Print(c.OutOrStdout(), map[string]any{"events": events}, func(w io.Writer) {
			for _, e := range events {
				fmt.Fprintf(w, "%-5s %s  %-17s %s\n", e.ID, e.At.Local().Format("2006-01-02 15:04:05.000"), e.Kind, e.Text)
			}
		})
	}
	c.AddCommand(timelineVerifyVerb())
	return c
}

// chainFound is what timeline verify prints for programs.
type chainFound struct {
	Intact bool   `json:"intact"`
	Events uint64 `json:"events"`
	Hash   string `json:"hash"`
	Broken string `json:"broken,omitempty"`
}

func timelineVerifyVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check that nothing in a record was changed or removed",
		Long: `Check the chain of hashes in a record: each event seals the one before. Exit code
1 when an event was changed, removed or put in. That the newest events were cut
off shows only against a hash noted earlier (--hash).`,
		Args: cobra.NoArgs,
	}
	data := c.Flags().String("data", "poise-data", "directory of the record")
	hash := c.Flags().String("hash", "", "hash of the newest event, as noted earlier")
	output := cli.Output(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		record, closer, err := openRecord(*data)
		if err != nil {
			return err
		}
		defer closer.Close()
		mark, err := journal.Verify(record.Events(c.Context(), journal.Query{}), journal.Mark{})
		found := chainFound{Intact: err == nil, Events: mark.Seq, Hash: mark.Hash}
		var broken *journal.BrokenError
		switch {
		case errors.As(err, &broken):
			found.Broken = broken.Error()
		case err != nil:
			return cli.Unavailable(err)
		case *hash != "" && *hash != mark.Hash:
			found.Intact, found.Broken = false, "the newest event is not the one with the hash given"
		}
		code := 0
		if !found.Intact {
			code = 1
		}
		return errors.Join(output.Print(c.OutOrStdout(), found, func(w io.Writer) {
			if !found.Intact {
				fmt.Fprintf(w, "broken: %s\n", found.Broken)
				return
			}
			fmt.Fprintf(w, "%d events, each sealing the one before. The newest has hash %s.\n", found.Events, cmp.Or(found.Hash, "none"))
		}), cli.Exit(code))
	}
	return c
}

func noteVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "note TEXT",
		Short: "Add a person's note, a deploy or an alert to the timeline",
		Example: `  poise note "pool on checkout-3 looks exhausted"
  poise note --kind deploy --subject checkout "checkout 2.14.0"`,
		Args: cobra.ExactArgs(1),
	}
	n := api.Note{}
	c.Flags().StringVar(&n.Kind, "kind", journal.KindNote, "note, deploy or alert")
	c.Flags().StringVar(&n.Subject, "subject", "", "what it is about, such as the service that was deployed")
	c.Flags().StringVar(&n.Run, "run", "", "the run it belongs to; latest is the newest")
	at := c.Flags().String("at", "", "when it happened, RFC 3339 (default: now)")
	client, output := clientFlags(c), cli.Output(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		n.Text = args[0]
		if *at != "" {
			var err error
			if n.At, err = time.Parse(time.RFC3339, *at); err != nil {
				return cli.Usage("--at %s: expected RFC 3339, such as 2026-01-31T09:00:00Z", strconv.Quote(*at))
			}
		}
		var e journal.Event
		if err := client.call(c.Context(), "POST", "/api/v1/timeline", n, &e); err != nil {
			return err
		}
		return output.Print(c.OutOrStdout(), e, func(w io.Writer) { fmt.Fprintf(w, "Recorded as %s.\n", e.ID) })
	}
	return c
}
