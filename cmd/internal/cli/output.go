package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Format is the form of what a command prints. It is a flag, so that a form
// nobody knows is refused before anything is done.
type Format struct{ name string }

// Output adds --output to a command.
func Output(c *cobra.Command) *Format {
	f := Text()
	c.Flags().VarP(f, "output", "o", "text, json or yaml")
	return f
}

// Text is the form for people.
func Text() *Format { return &Format{"text"} }

// JSON is the form for programs.
func JSON() *Format { return &Format{"json"} }

// Set implements pflag.Value.
func (f *Format) Set(name string) error {
	switch name {
	case "text", "json", "yaml":
		f.name = name
		return nil
	default:
		return fmt.Errorf("%q is unknown (expected text, json or yaml)", name)
	}
}

// String implements pflag.Value.
func (f *Format) String() string { return f.name }

// Type implements pflag.Value.
func (*Format) Type() string { return "form" }

// ForPeople says whether the form is text. Errors then go to stderr alone.
func (f *Format) ForPeople() bool { return f.name == "text" }

// Print prints a value: as text by its own func, or as JSON or YAML.
func (f *Format) Print(w io.Writer, value any, text func(io.Writer)) error {
	switch f.name {
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(value)
	case "yaml":
		return printYAML(w, value)
	default:
		text(w)
		return nil
	}
}
