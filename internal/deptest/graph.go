// Package deptest holds the house to its plan: who may import whom, what every
// package says about itself, and what the small binary is made of.
//
// The plan is written in this package's tests, one sentence a wall. Here is
// what it is written with: the import graph as the go command sees it
// ([Load]), and a [Wall], which answers with the chain of imports that goes
// through it.
package deptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// Package is one package, as `go list -json` describes it. Imports of tests
// are not in it: a test may look anywhere.
type Package struct {
	ImportPath string
	Name       string
	Doc        string // the first sentence of its documentation
	Dir        string
	Standard   bool // part of the standard library
	Module     *Module
	GoFiles    []string
	Imports    []string
}

// Module is the module a package comes from. The standard library has none.
type Module struct {
	Path string
	Main bool // the module we stand in
}

// Ours tells whether the package belongs to the module we stand in.
func (p Package) Ours() bool { return p.Module != nil && p.Module.Main }

// Graph is a set of packages with everything they need, by import path.
type Graph map[string]Package

// Load asks the go command for the packages that match the patterns and all
// they depend on, in dir, with extra environment ("GOOS=linux"). It fails when
// go list does: a package that does not load has no graph.
func Load(ctx context.Context, dir string, env []string, patterns ...string) (Graph, error) {
	args := append([]string{"list", "-deps", "-json=ImportPath,Name,Doc,Dir,Standard,Module,GoFiles,Imports"}, patterns...)
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the arguments come from our tests
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			return nil, fmt.Errorf("go list %s: %w: %s", strings.Join(patterns, " "), err, failed.Stderr)
		}
		return nil, fmt.Errorf("go list %s: %w", strings.Join(patterns, " "), err)
	}
	return decode(strings.NewReader(string(out)))
}

// decode reads the stream of JSON objects that go list prints.
func decode(r io.Reader) (Graph, error) {
	g := Graph{}
	for d := json.NewDecoder(r); ; {
		var p Package
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return g, nil
		} else if err != nil {
			return nil, fmt.Errorf("read what go list printed: %w", err)
		}
		g[p.ImportPath] = p
	}
}
