package sidecar

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/poise-dev/poise/policies"
)

// pollEvery is how often files are looked at. Polling, with the content's hash,
// also sees what event-based watchers miss: ConfigMap swaps, network file
// systems, a file removed and written again.
const pollEvery = time.Second

// file is a file of documents.
type file struct {
	hash [sha256.Size]byte // of the content; zero when it cannot be read
	docs []policies.Document
	err  error // why there are no documents
}

// Watch looks at the files until ctx ends.
func (l *Library) Watch(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			l.Poll()
		}
	}
}

// Poll looks at the files once, and takes over what changed. Content that
// cannot be read or compiled is reported once, and the old documents of its
// file go on until something else changes: what was missing may be there then.
func (l *Library) Poll() {
	l.polling.Lock()
	defer l.polling.Unlock()
	latest, err := readAll(l.patterns, l.latest)
	if err != nil {
		l.log.Error("cannot look for documents; the old ones go on", "error", err)
		return
	}
	touched := differing(l.latest, latest)
	for _, path := range touched {
		if err := latest[path].err; err != nil {
			l.log.Error("cannot read documents; the old ones go on", "file", path, "error", err)
		}
	}
	l.latest = latest
	l.adopt(latest, len(touched) > 0)
}

// adopt puts in force what the files say, where that can be read, and what was
// put by API, but for the documents of files that changed since.
func (l *Library) adopt(latest map[string]file, touched bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !touched && !l.retry {
		return
	}
	l.retry = false
	next := map[string]file{}
	for path, f := range latest {
		if f.err != nil {
			was, known := l.files[path]
			if !known {
				continue
			}
			f = was
		}
		next[path] = f
	}
	changed := differing(l.files, next)
	if len(changed) == 0 {
		return
	}
	put := maps.Clone(l.put)
	for _, path := range changed {
		for _, d := range next[path].docs {
			delete(put, keyOf(d))
		}
	}
	set, err := policies.Compile(merge(next, put))
	if err != nil {
		l.log.Error("changed documents do not compile; the old ones go on", "files", changed, "error", err)
		return
	}
	l.files, l.put = next, put
	l.accept(set, "changed on disk: "+strings.Join(changed, ", "))
}

// differing returns the paths that have another content in one than in the
// other, or are in only one of them, sorted.
func differing(one, other map[string]file) (paths []string) {
	for path, f := range other {
		if was, known := one[path]; !known || was.hash != f.hash {
			paths = append(paths, path)
		}
	}
	for path := range one {
		if _, still := other[path]; !still {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// readAll reads the files that match the patterns. What has the same content as
// before is not parsed again.
func readAll(patterns []string, before map[string]file) (map[string]file, error) {
	files := map[string]file{}
	for _, pattern := range patterns {
		paths, err := expand(pattern)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			files[path] = read(path, before[path])
		}
	}
	return files, nil
}

// expand returns the files a pattern stands for. One without wildcards must
// exist; one with may match nothing.
func expand(pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}, nil
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	return paths, nil
}

// read reads and parses a file, unless its content is as it was.
func read(path string, was file) file {
	text, err := os.ReadFile(path) //nolint:gosec // the files are the user's own setting
	if err != nil {
		return file{err: fmt.Errorf("read documents: %w", err)}
	}
	f := file{hash: sha256.Sum256(text)}
	if f.hash == was.hash {
		return was
	}
	f.docs, f.err = policies.Parse(path, bytes.TrimPrefix(text, []byte("\ufeff")))
	return f
}

// problems returns what is wrong with any of the files, with the positions.
func problems(files map[string]file) error {
	var all policies.Problems
	var others []error
	for _, path := range slices.Sorted(maps.Keys(files)) {
		var some policies.Problems
		switch err := files[path].err; {
		case errors.As(err, &some):
			all = append(all, some...)
		case err != nil:
			others = append(others, err)
		}
	}
	if len(all) > 0 {
		others = append(others, all)
	}
	return errors.Join(others...)
}
