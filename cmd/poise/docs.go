package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/poise-dev/poise/cmd/internal/cli"
)

func docsVerb() *cobra.Command {
	c := &cobra.Command{
		Use:       "docs {man|markdown} DIR",
		Short:     "Write manual pages or markdown for every verb",
		Args:      cobra.ExactArgs(2),
		ValidArgs: []string{"man", "markdown"},
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		form, dir := args[0], args[1]
		if form != "man" && form != "markdown" {
			return cli.Usage("%q is unknown (expected man or markdown)", form)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // manual pages are for everybody
			return cli.Unavailable(err)
		}
		root := c.Root()
		root.DisableAutoGenTag = true
		if form == "markdown" {
			return cli.Unavailable(doc.GenMarkdownTree(root, dir))
		}
		return cli.Unavailable(doc.GenManTree(root, &doc.GenManHeader{Title: "POISE", Section: "1"}, dir))
	}
	return c
}
