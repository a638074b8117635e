package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/sidecar"
	"github.com/poise-dev/poise/policies"
)

func explainVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "explain [METHOD] PATH",
		Short: "Say which policy a request would meet, and why",
		Long: `Say which policy a request would meet if every policy held a lease, and for each
policy why it matches or not. Nothing is sent. With -f the documents are read
from files; without, a running poise is asked.`,
		Example: `  poise explain -f policies/payment-slow.yaml POST /payments/7 --listener egress-payment
  poise explain /checkout -H "x-user: test-7"`,
		Args: cobra.RangeArgs(1, 2),
	}
	files := c.Flags().StringArrayP("file", "f", nil, "documents to read; without, the running poise at --admin is asked")
	headers := c.Flags().StringArrayP("header", "H", nil, `a header field, "name: value"; may be given several times`)
	q := api.Question{Headers: map[string]api.Values{}}
	c.Flags().StringVar(&q.Listener, "listener", "", "listener the request comes in at")
	c.Flags().StringVar(&q.Host, "host", "", "host the request asks for")
	client := clientFlags(c)
	output := cli.Output(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		q.Method, q.Path = "GET", args[len(args)-1]
		if len(args) == 2 {
			q.Method = args[0]
		}
		for _, h := range *headers {
			name, value, ok := strings.Cut(h, ":")
			if !ok || strings.TrimSpace(name) == "" {
				return cli.Usage("--header %q: expected \"name: value\"", h)
			}
			name = strings.TrimSpace(name)
			q.Headers[name] = append(q.Headers[name], strings.TrimSpace(value))
		}
		answer, err := explain(c, *files, client, q)
		if err != nil {
			return err
		}
		return output.Print(c.OutOrStdout(), answer, func(w io.Writer) { printExplanation(w, answer) })
	}
	return c
}

func explain(c *cobra.Command, files []string, client *client, q api.Question) (a api.Answer, err error) {
	if len(files) == 0 {
		return a, client.call(c.Context(), "POST", "/api/v1/explain", q, &a)
	}
	docs, err := readDocuments(c.InOrStdin(), files)
	if err != nil {
		return a, err
	}
	set, err := policies.Compile(docs)
	if err != nil {
		return a, err
	}
	if a, err = sidecar.Explain(set, nil, q); err != nil {
		return a, cli.Usage("%w", err)
	}
	return a, nil
}

func printExplanation(w io.Writer, a api.Answer) {
	if a.Policy == "" {
		fmt.Fprintln(w, "This request meets no policy.")
	} else {
		fmt.Fprintf(w, "This request may meet %s: %s (%s%% of such requests, while it holds a lease).\n", a.Policy, a.Fault, a.Percentage)
	}
	width := 0
	for _, why := range a.Why {
		width = max(width, len(why.Policy))
	}
	for _, why := range a.Why {
		mark := "no "
		if why.Matched {
			mark = "yes"
		}
		fmt.Fprintf(w, "  %s  %-*s  %s\n", mark, width, why.Policy, cmp.Or(why.Why, "-"))
	}
}
