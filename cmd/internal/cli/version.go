package cli

import (
	"encoding/json"
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

// Format is the form of what a command prints.
type Format struct{ name string }

// Output adds --output to a command.
func Output(c *cobra.Command) *Format {
	f := new(Format)
	c.Flags().StringVarP(&f.name, "output", "o", "text", "text, json or yaml")
	return f
}

// Text is the form for people.
func Text() *Format { return &Format{"text"} }

// JSON is the form for programs.
func JSON() *Format { return &Format{"json"} }

// Print prints a value: as text by its own func, or as JSON or YAML.
func (f *Format) Print(w io.Writer, value any, text func(io.Writer)) error {
	switch f.name {
	case "text":
		text(w)
		return nil
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(value)
	case "yaml":
		return printYAML(w, value)
	default:
		return Usage("--output %s is unknown (expected text, json or yaml)", f.name)
	}
}
