package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/policies"
)

// hinted is an error that knows what to do.
type hinted struct{ error }

func (hinted) Hint() string { return "free some space" }

func TestEveryErrorHasItsExitCodeAndItsWords(t *testing.T) {
	disk := errors.New("the disk is full")
	tests := []struct {
		name  string
		err   error
		code  int
		words string
	}{
		{"no error is a success without a word", nil, 0, ""},
		{"a verdict's code goes without a word", cli.Exit(10), 10, ""},
		{"the code of success is no error", cli.Exit(0), 0, ""},
		{"a mistake in the call", cli.Usage("--format %s is unknown", "x"), 64, "tool: --format x is unknown\n"},
		{"a mistake in the input", cli.Data(disk), 65, "tool: the disk is full\n"},
		{"something that is needed and not there", cli.Unavailable(disk), 69, "tool: the disk is full\n"},
		{"anything else is our fault", disk, 70, "tool: the disk is full\n"},
		{"no error stays none", errors.Join(cli.Data(nil), cli.Unavailable(nil)), 0, ""},
		{"several lines each begin with the name", cli.Usage("%w", errors.Join(disk, disk)), 64, "tool: the disk is full\ntool: the disk is full\n"},
		{"a hint follows", cli.Unavailable(hinted{disk}), 69, "tool: the disk is full\ntool: hint: free some space\n"},
		{"an inner code counts", fmt.Errorf("start: %w", cli.Unavailable(disk)), 69, "tool: start: the disk is full\n"},
		{
			"problems of documents are bad input", fmt.Errorf("read: %w", policies.Problems{{File: "a.yaml", Line: 3, Column: 5, Message: "no such field"}}),
			65, "tool: read: a.yaml:3:5: no such field\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := call(&cobra.Command{Use: "tool", RunE: func(*cobra.Command, []string) error { return tt.err }})
			if code != tt.code || stderr != tt.words {
				t.Errorf("exit code %d, words %q; want %d, %q", code, stderr, tt.code, tt.words)
			}
		})
	}
}

func TestMistakesInTheCallAreUsageErrors(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"a verb nobody knows", []string{"nosuch"}, `unknown command "nosuch" for "tool"`},
		{"a flag nobody knows", []string{"version", "--nosuch"}, "unknown flag: --nosuch (see tool version --help)"},
		{"a form nobody knows, before anything is done", []string{"version", "-o", "xml"}, "(expected text, json or yaml)"},
		{"an argument too many", []string{"version", "now"}, `unknown command "now" for "tool version"`},
		{"a verb that is missing an argument", []string{"one"}, "accepts 1 arg(s), received 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := &cobra.Command{Use: "tool"}
			root.AddCommand(cli.VersionVerb("v1"), &cobra.Command{Use: "one X", Args: cobra.ExactArgs(1), Run: func(*cobra.Command, []string) {}})
			code, _, stderr := call(root, tt.args...)
			if code != cli.ExitUsage || !strings.Contains(stderr, tt.want) || !strings.HasPrefix(stderr, "tool: ") {
				t.Errorf("exit code %d, words %q; want %d, %q", code, stderr, cli.ExitUsage, tt.want)
			}
		})
	}
}

func TestTheSameFactsInEveryForm(t *testing.T) {
	for form, want := range map[string]string{
		"text": "named poise <&>\n",
		"json": `{"name":"poise <&>"}` + "\n",
		"yaml": "name: poise <&>\n",
	} {
		c := &cobra.Command{Use: "tool"}
		output := cli.Output(c)
		c.RunE = func(c *cobra.Command, _ []string) error {
			value := map[string]string{"name": "poise <&>"}
			return output.Print(c.OutOrStdout(), value, func(w io.Writer) { fmt.Fprintln(w, "named", value["name"]) })
		}
		if _, stdout, _ := call(c, "--output", form); stdout != want {
			t.Errorf("--output %s prints %q, want %q", form, stdout, want)
		}
	}
}

// call runs a command as a process would, and returns what it left.
func call(root *cobra.Command, args ...string) (code int, stdout, stderr string) {
	var out, wrong bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&wrong)
	code = cli.Main(root, args)
	return code, out.String(), wrong.String()
}
