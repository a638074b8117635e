package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// ours is our data plane, built as it is released. Policies are live, so each
// request is really held against them.
type ours struct {
	binary, dir string
	ctx         context.Context //nolint:containedctx // of the whole run
}

func (o *ours) start(s site, r rules) ([]string, error) {
	if err := o.make(); err != nil {
		return nil, err
	}
	args := []string{o.binary, "--listen", s.listen, "--upstream", "http://" + s.upstream, "--admin", s.admin}
	if !r.none() {
		args = append(args, "--unguarded")
	}
	texts := neverMatching(r.never)
	if r.abort > 0 {
		texts = append(texts, policy("abort", r.abort, "abort: {status: 503}"))
	}
	if r.delay > 0 {
		texts = append(texts, policy("delay", r.delayed, fmt.Sprintf("delay: {fixed: %s}", r.delay)))
	}
	for i, text := range texts {
		file, err := s.write(fmt.Sprintf("policies-%d.yaml", i), text)
		if err != nil {
			return nil, err
		}
		args = append(args, "-f", file)
	}
	return args, nil
}

// make builds the small binary, unless there is one already.
func (o *ours) make() error {
	if o.binary != "" {
		binary, err := filepath.Abs(o.binary)
		o.binary = binary
		return err
	}
	binary := filepath.Join(o.dir, "poise-proxy")
	cmd := exec.CommandContext(o.ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, //nolint:gosec // our own folder
		"github.com/poise-dev/poise/cmd/poise-proxy")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./cmd/poise-proxy: %w: %s", err, said)
	}
	o.binary = binary
	return nil
}

// policy writes a policy for so many percent of all requests.
func policy(name string, percent int, fault string) string {
	return fmt.Sprintf(`apiVersion: poise.dev/v1alpha1
kind: FaultPolicy
metadata: {name: %s}
spec:
  percentage: %d
  fault: {%s}
`, name, percent, fault)
}

// inFile is how many policies are written to one file, whose size is bounded.
const inFile = 2_500

// neverMatching writes n policies, each for a path nobody asks for, as the
// texts of several files.
func neverMatching(n int) []string {
	var texts []string
	for first := 0; first < n; first += inFile {
		var text strings.Builder
		for i := range min(inFile, n-first) {
			fmt.Fprintf(&text, `---
apiVersion: poise.dev/v1alpha1
kind: FaultPolicy
metadata: {name: never-%[1]d}
spec:
  match: [{methods: [GET], path: {prefix: /never/%[1]d}}]
  percentage: 100
  fault: {abort: {status: 503}}
`, first+i)
		}
		texts = append(texts, text.String())
	}
	return texts
}
