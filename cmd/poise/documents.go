package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/policies"
)

// readDocuments reads files, patterns with wildcards, and standard input ("-").
// Problems of all of them come together.
func readDocuments(stdin io.Reader, patterns []string) ([]policies.Document, error) {
	var all []policies.Document
	var problems policies.Problems
	for _, pattern := range patterns {
		paths, err := expand(pattern)
		if err != nil {
			return nil, cli.Data(err)
		}
		for _, path := range paths {
			text, err := readInput(stdin, path)
			if err != nil {
				return nil, cli.Data(err)
			}
			docs, err := policies.Parse(path, text)
			if some, ok := errors.AsType[policies.Problems](err); ok {
				problems = append(problems, some...)
			} else if err != nil {
				return nil, cli.Data(err)
			}
			all = append(all, docs...)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return all, nil
}

// expand returns the files a pattern stands for. One that stands for none is an
// error: nothing was read where something was meant.
func expand(pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}, nil
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("pattern %q matches no file", pattern)
	}
	return paths, nil
}

func readInput(stdin io.Reader, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(stdin, 1<<20+1)) // Parse refuses more than 1 MiB
	}
	text, err := os.ReadFile(path) //nolint:gosec // the person names the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file", path)
	}
	return text, err
}
