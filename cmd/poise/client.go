package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/internal/api"
)

// client asks a running poise.
type client struct {
	admin     string
	tokenFile string
	http      http.Client
}

// defaultAdmin is where a running poise is looked for.
const defaultAdmin = "127.0.0.1:9471"

// askTimeout bounds a question that does not wait for anything.
const askTimeout = 30 * time.Second

// clientFlags adds the flags that say which poise is asked.
func clientFlags(c *cobra.Command) *client {
	cl := &client{http: http.Client{
		Timeout: askTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
	c.Flags().StringVar(&cl.admin, "admin", cmp.Or(os.Getenv("POISE_ADMIN_ADDRESS"), defaultAdmin),
		"admin address of the running poise: HOST:PORT, or a URL")
	c.Flags().StringVar(&cl.tokenFile, "token-file", os.Getenv("POISE_ADMIN_TOKENFILE"), "file with the bearer token, where one is asked for")
	return cl
}

// call sends body as JSON and reads the answer into result; both may be nil. An
// answer that is an error comes back in its own words.
func (c *client) call(ctx context.Context, method, path string, body, result any) error {
	text, err := c.fetch(ctx, method, path, "application/json", body)
	if err != nil || result == nil {
		return err
	}
	if err := json.Unmarshal(text, result); err != nil {
		return cli.Unavailable(fmt.Errorf("%s does not answer like poise: %w", c.admin, err))
	}
	return nil
}

// fetch returns the text of an answer in the form that accept names.
func (c *client) fetch(ctx context.Context, method, path, accept string, body any) ([]byte, error) {
	request, err := c.request(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, cli.Unavailable(fmt.Errorf("no poise answers at %s: %w (is it running? --admin names another address)", c.admin, errors.Unwrap(err)))
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, cli.Unavailable(fmt.Errorf("read the answer of %s: %w", c.admin, err))
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return nil, refused(answer.StatusCode, text)
	}
	return text, nil
}

func (c *client) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url(path), content)
	if err != nil {
		return nil, cli.Usage("--admin %s: %w", c.admin, err)
	}
	request.Header.Set("Content-Type", "application/json")
	if c.tokenFile != "" {
		token, err := api.ReadToken(c.tokenFile)
		if err != nil {
			return nil, cli.Usage("%w", err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return request, nil
}

// url returns the URL of a path of the admin API.
func (c *client) url(path string) string {
	base := c.admin
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	return strings.TrimRight(base, "/") + path
}

// refused returns the error of an answer: its own detail, and what kind of
// mistake it was.
func refused(status int, text []byte) error {
	var p api.Problem
	if err := json.Unmarshal(text, &p); err != nil || p.Detail == "" {
		p.Detail = fmt.Sprintf("the admin address answered %d", status)
	}
	if len(p.Errors) > 0 {
		return p.Errors
	}
	if status >= http.StatusInternalServerError || status == http.StatusUnauthorized || status == http.StatusForbidden {
		return cli.Unavailable(p)
	}
	return cli.Usage("%w", p)
}
