package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Version returns the version of the build: what the linker was told, or else
// the commit Go stamped, or "devel".
func Version(linked string) string {
	if linked != "" {
		return linked
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

// VersionVerb returns the verb that prints the version.
func VersionVerb(version string) *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
	}
	output := Output(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		facts := map[string]string{"version": version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
		return output.Print(c.OutOrStdout(), facts, func(w io.Writer) {
			fmt.Fprintf(w, "%s %s (%s, %s)\n", c.Root().Name(), version, facts["go"], facts["platform"])
		})
	}
	return c
}
