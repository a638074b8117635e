package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/policies"
)

// validation is what validate prints for programs.
type validation struct {
	Valid     bool              `json:"valid"`
	Documents []documentName    `json:"documents"`
	Errors    policies.Problems `json:"errors"`
}

type documentName struct {
	Kind policies.Kind `json:"kind"`
	Name string        `json:"name"`
	File string        `json:"file"`
}

func validateVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "validate [FILE…]",
		Short: "Check documents strictly, all problems at once",
		Long: `Check documents: fields, values, references. Every problem names file, line and
field, what was expected and what to do. A file may be - for standard input, or
hold wildcards. Exit code 65 when anything is wrong.`,
		Example: "  poise validate policies/*.yaml",
	}
	files := c.Flags().StringArrayP("file", "f", nil, "documents to check, as well as the arguments")
	output := cli.Output(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		args = append(args, *files...)
		if len(args) == 0 {
			return cli.Usage("there is nothing to check (give at least one FILE, or - for standard input)")
		}
		docs, err := readDocuments(c.InOrStdin(), args)
		if err == nil && len(docs) == 0 {
			return cli.Data(errors.New("there is no document in what was given"))
		}
		if err == nil {
			_, err = policies.Compile(docs)
		}
		found := validation{Valid: err == nil, Documents: []documentName{}, Errors: policies.Problems{}}
		if err != nil && !errors.As(err, &found.Errors) {
			return err
		}
		for _, d := range docs {
			found.Documents = append(found.Documents, documentName{d.Kind, d.Metadata.Name, d.Origin.File})
		}
		if !found.Valid && output.ForPeople() {
			return found.Errors
		}
		return errors.Join(output.Print(c.OutOrStdout(), found, func(w io.Writer) {
			fmt.Fprintln(w, plural(len(docs), "document is", "documents are")+" valid.")
		}), cli.Exit(exitOf(found.Valid)))
	}
	return c
}

// plural counts things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func exitOf(valid bool) int {
	if valid {
		return 0
	}
	return cli.ExitData
}
