package sidecar

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/poise-dev/poise/policies"
)

// pollEvery is how often files are looked at. Polling, with the content's hash,
// also sees what event-based watchers miss: ConfigMap swaps, network file
// systems, a file removed and written again.
const pollEvery = time.Second

// Library keeps the documents of files and those put by API together, and
// compiles them whenever either changes. A change that does not compile changes
// nothing.
//
// Where both have a document of one name, the later word counts: what was put
// stays until it is deleted, until the file that names it changes, or until the
// process ends.
type Library struct {
	patterns []string
	changed  func(Change)
	log      *slog.Logger

	mu    sync.Mutex // guards all below, and orders the changes
	files map[string]file
	put   map[key]policies.Document
	set   *policies.Set
}

// Change is a new set of documents, and how it came about.
type Change struct {
	Set *policies.Set
	// Text says what changed, in one sentence.
	Text string
	// Gone are the policies that are in force no more.
	Gone []string
}

// file is a file of documents as it was last read.
type file struct {
	hash [sha256.Size]byte
	docs []policies.Document
	// failure is why the latest content is not in force; nil: it is.
	failure error
}

type key struct {
	kind policies.Kind
	name string
}

func keyOf(d policies.Document) key { return key{d.Kind, d.Metadata.Name} }

// String returns "Kind name".
func (k key) String() string { return string(k.kind) + " " + k.name }

// Errors of the library.
var (
	// ErrNoDocument: there is no document of that kind and name.
	ErrNoDocument = errors.New("there is no such document")
	// ErrFromFile: the document is a file's, and must be removed there.
	ErrFromFile = errors.New("the document is read from a file; remove it there")
	// ErrReferred: other documents refer to it.
	ErrReferred = errors.New("other documents refer to it")
)

// NewLibrary reads the files that match the patterns. changed is called for
// every change, the first included, one at a time. A file that cannot be read
// or compiled now is an error; later it only keeps the old documents.
func NewLibrary(patterns []string, changed func(Change), log *slog.Logger) (*Library, error) {
	l := &Library{
		patterns: patterns, changed: changed, log: log,
		files: map[string]file{}, put: map[key]policies.Document{}, set: new(policies.Set),
	}
	paths, err := l.paths()
	if err != nil {
		return nil, err
	}
	files := map[string]file{}
	var problems []error
	for _, path := range paths {
		f, err := read(path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		files[path] = f
	}
	if err := join(problems); err != nil {
		return nil, err
	}
	set, err := policies.Compile(merge(files, nil))
	if err != nil {
		return nil, err
	}
	l.files = files
	l.accept(set, fmt.Sprintf("%d documents read from %d files", len(set.Documents()), len(files)))
	return l, nil
}

// Set returns the documents in force.
func (l *Library) Set() *policies.Set {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.set
}

// Put adds documents, or replaces those of the same kind and name: all of them
// or, with the problems of all of them, none.
func (l *Library) Put(name string, text []byte) ([]policies.Document, error) {
	docs, err := policies.Parse(name, text)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	next := maps.Clone(l.put)
	seen := map[key]bool{}
	for _, d := range docs {
		if seen[keyOf(d)] {
			// The same name twice in one body is for Compile to refuse.
			_, err := policies.Compile(docs)
			return nil, err
		}
		seen[keyOf(d)] = true
		next[keyOf(d)] = d
	}
	set, err := policies.Compile(merge(l.files, next))
	if err != nil {
		return nil, err
	}
	l.put = next
	l.accept(set, "put by API: "+names(docs))
	return docs, nil
}

// Delete removes a document that was put. Errors are [ErrNoDocument],
// [ErrFromFile] and [ErrReferred], with words.
func (l *Library) Delete(kind policies.Kind, name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := key{kind, name}
	if _, ok := l.put[k]; !ok {
		if path := l.fileOf(k); path != "" {
			return fmt.Errorf("%s is in %s: %w", k, path, ErrFromFile)
		}
		return fmt.Errorf("%s: %w", k, ErrNoDocument)
	}
	next := maps.Clone(l.put)
	delete(next, k)
	set, err := policies.Compile(merge(l.files, next))
	if err != nil {
		return fmt.Errorf("%s: %w: %w", k, ErrReferred, err)
	}
	l.put = next
	l.accept(set, "deleted by API: "+k.String())
	return nil
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
// cannot be read or compiled is reported once, and the old documents go on.
func (l *Library) Poll() {
	paths, err := l.paths()
	if err != nil {
		l.log.Error("cannot look for documents; the old ones go on", "error", err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	next, touched := l.reread(paths)
	if len(touched) == 0 {
		return
	}
	put := maps.Clone(l.put)
	for _, path := range touched {
		for _, d := range next[path].docs {
			delete(put, keyOf(d))
		}
	}
	set, err := policies.Compile(merge(next, put))
	if err != nil {
		l.log.Error("changed documents do not compile; the old ones go on", "error", err)
		l.remember(touched, next, err)
		return
	}
	l.files, l.put = next, put
	l.accept(set, "changed on disk: "+strings.Join(touched, ", "))
}

// reread reads what changed. It returns the files as they would be then, and
// the paths that changed; a file that cannot be read stays as it was.
func (l *Library) reread(paths []string) (next map[string]file, touched []string) {
	next = map[string]file{}
	for _, path := range paths {
		was, known := l.files[path]
		now, err := read(path)
		switch {
		case err == nil && known && was.hash == now.hash:
			next[path] = was
		case err == nil:
			next[path] = now
			touched = append(touched, path)
		default:
			if !known || was.hash != now.hash {
				l.log.Error("cannot read documents; the old ones go on", "file", path, "error", err)
			}
			was.hash, was.failure = now.hash, err
			next[path], l.files[path] = was, was
		}
	}
	for path := range l.files {
		if _, still := next[path]; !still {
			touched = append(touched, path)
		}
	}
	slices.Sort(touched)
	return next, touched
}

// remember notes the content that failed, so that it is reported once.
func (l *Library) remember(paths []string, next map[string]file, why error) {
	for _, path := range paths {
		if now, ok := next[path]; ok {
			was := l.files[path]
			was.hash, was.failure = now.hash, why
			l.files[path] = was
		}
	}
}

// Failures returns why the latest content of a file is not in force, by path.
func (l *Library) Failures() map[string]error {
	l.mu.Lock()
	defer l.mu.Unlock()
	failures := map[string]error{}
	for path, f := range l.files {
		if f.failure != nil {
			failures[path] = f.failure
		}
	}
	return failures
}

// accept puts a set in force. The mutex is held, so that changes arrive in
// order.
func (l *Library) accept(set *policies.Set, text string) {
	var gone []string
	for _, p := range l.set.Policies() {
		if set.Policy(p.Name) == nil {
			gone = append(gone, p.Name)
		}
	}
	l.set = set
	l.changed(Change{Set: set, Text: text, Gone: gone})
}

// fileOf returns the file a document is read from, or "".
func (l *Library) fileOf(k key) string {
	for path, f := range l.files {
		for _, d := range f.docs {
			if keyOf(d) == k {
				return path
			}
		}
	}
	return ""
}

// paths returns the files that match the patterns, sorted. A pattern without
// wildcards must exist; one with may match nothing.
func (l *Library) paths() ([]string, error) {
	var all []string
	for _, pattern := range l.patterns {
		if !strings.ContainsAny(pattern, "*?[") {
			all = append(all, pattern)
			continue
		}
		matches, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		all = append(all, matches...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// read reads and parses a file. The hash is that of the content, or zero when
// it cannot be read.
func read(path string) (file, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the files
	if err != nil {
		return file{}, fmt.Errorf("read documents: %w", err)
	}
	f := file{hash: sha256.Sum256(text)}
	f.docs, err = policies.Parse(path, bytes.TrimPrefix(text, []byte("\ufeff")))
	return f, err
}

// merge returns the documents of all files, in the order of their paths, but
// for those that were put in their place.
func merge(files map[string]file, put map[key]policies.Document) []policies.Document {
	var all []policies.Document
	for _, path := range slices.Sorted(maps.Keys(files)) {
		for _, d := range files[path].docs {
			if _, replaced := put[keyOf(d)]; !replaced {
				all = append(all, d)
			}
		}
	}
	added := make([]policies.Document, 0, len(put))
	for _, d := range put {
		added = append(added, d)
	}
	slices.SortFunc(added, func(a, b policies.Document) int { return strings.Compare(keyOf(a).String(), keyOf(b).String()) })
	return append(all, added...)
}

func names(docs []policies.Document) string {
	list := make([]string, len(docs))
	for i, d := range docs {
		list[i] = keyOf(d).String()
	}
	return strings.Join(list, ", ")
}

// join returns the problems of several files as one, keeping the positions.
func join(errs []error) error {
	var all policies.Problems
	for _, err := range errs {
		var some policies.Problems
		if !errors.As(err, &some) {
			return errors.Join(errs...)
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil
	}
	return all
}
