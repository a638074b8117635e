// Command poise tests beliefs about a running system: it slows or breaks a few
// requests, watches what the caller sees, stops by itself when the belief
// fails, and tells what happened in the order it happened.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/cmd/internal/proxyverb"
)

// version is set by the linker.
var version string

func main() { os.Exit(Main(os.Args[1:])) }

// Main runs poise with these arguments and returns its exit code.
func Main(args []string) int { return cli.Main(root(), args) }

func root() *cobra.Command {
	v := cli.Version(version)
	c := &cobra.Command{
		Use:   "poise",
		Short: "Turn a belief about your system into evidence, a little at a time",
		Long: `poise puts a small proxy beside your service. By policy it slows or breaks a few
requests; a verifier watches every answer and holds it against what you believe.
A fault lives only as long as a lease that the verifier renews: when the belief
fails, or the verifier does, the faults are off.

Exit codes of whatever ends in a verdict: 0 upheld, 10 breached, 11 inconclusive,
12 not exercised, 13 stopped. Others: 64 usage, 65 bad input, 69 unavailable, 70
internal.`,
	}
	c.AddGroup(
		&cobra.Group{ID: "run", Title: "Practise:"},
		&cobra.Group{ID: "look", Title: "Look and steer:"},
		&cobra.Group{ID: "documents", Title: "Documents:"},
	)
	add := func(group string, verbs ...*cobra.Command) {
		for _, verb := range verbs {
			verb.GroupID = group
		}
		c.AddCommand(verbs...)
	}
	add("run", demoVerb(v), runVerb(v), proxyverb.New("proxy", v))
	add("look", verifyVerb(), statusVerb(), haltVerb(), resumeVerb(), timelineVerb(), noteVerb(), storyVerb(), replayVerb())
	add("documents", validateVerb(), planVerb(), explainVerb(), schemaVerb())
	c.AddCommand(cli.VersionVerb(v), docsVerb())
	return c
}
