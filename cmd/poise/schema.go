package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/policies"
)

func schemaVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the documents",
		Long: `Print the JSON Schema (draft 2020-12) of the documents. An editor with the YAML
language server uses it from the first line of a file:

  # yaml-language-server: $schema=poise.schema.json`,
		Example: "  poise schema > poise.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := policies.Schema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s", text)
			return err
		},
	}
}
