package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/verifier"
)

// replayed is what replay prints for programs.
type replayed struct {
	Run      string           `json:"run"`
	Same     bool             `json:"same"`
	Recorded verifier.Verdict `json:"recorded"`
	Replayed verifier.Verdict `json:"replayed"`
	// Differs says what differs, or why the counts could not be judged again.
	Differs string `json:"differs,omitempty"`
	Ticks   int    `json:"ticks"`
}

func replayVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "replay RUN",
		Short: "Judge the recorded counts of a run again",
		Long: `Judge a run again from what its record holds: the verification as it was, and the
counts of every look. Verdict, attribution, reason and evidence must come out the
same, to the last bit. Exit code 1 when anything differs. RUN may be latest. The
counts are those of a running poise, or of a record (--data).`,
		Args: cobra.ExactArgs(1),
	}
	from, output := ledgerFlags(c), cli.Output(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		run, spec, ticks, was, err := from.run(c.Context(), args[0])
		if err != nil {
			return err
		}
		found := compare(spec, ticks, was)
		code := 0
		if !found.Same {
			code = 1
		}
		return errors.Join(output.Print(c.OutOrStdout(), found, func(w io.Writer) {
			if found.Same {
				fmt.Fprintf(w, "%s: judged again from %d looks, the verdict is the same: %s.\n", run, found.Ticks, found.Replayed)
				return
			}
			fmt.Fprintf(w, "%s: judged again from %d looks, it differs: %s\n", run, found.Ticks, found.Differs)
		}), cli.Exit(code))
	}
	return c
}

// compare judges a run again and says where the record differs.
func compare(spec verifier.Spec, ticks []verifier.Tick, was verifier.Run) replayed {
	now, err := verifier.Replay(spec, ticks)
	r := replayed{Run: spec.Run, Recorded: was.Verdict, Replayed: now.Verdict, Ticks: len(ticks)}
	switch {
	case err != nil:
		r.Differs = err.Error()
	case was.Verdict == "":
		r.Differs = "the record has no verdict: the run never ended"
	case now.Verdict != was.Verdict || now.StopReason != was.StopReason:
		r.Differs = fmt.Sprintf("the record says %s %s, judged again it is %s %s", was.Verdict, was.StopReason, now.Verdict, now.StopReason)
	case now.Attribution != was.Attribution:
		r.Differs = fmt.Sprintf("attribution: the record says %s, judged again it is %s", was.Attribution, now.Attribution)
	case now.Reason != was.Reason:
		r.Differs = fmt.Sprintf("reason: the record says %q, judged again it is %q", was.Reason, now.Reason)
	case text(now.Guards) != text(was.Guards):
		r.Differs = fmt.Sprintf("evidence: the record says %s, judged again it is %s", text(was.Guards), text(now.Guards))
	case text(now.Arms) != text(was.Arms):
		r.Differs = fmt.Sprintf("arms: the record says %s, judged again they are %s", text(was.Arms), text(now.Arms))
	default:
		r.Same = true
	}
	return r
}

// text is a value as the record writes it: equal texts are equal to the last
// bit.
func text(v any) string {
	t, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(t)
}
