package sidecar

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/poise-dev/poise/policies"
)

// Library keeps the documents of files and those put by API together, and
// compiles them whenever either changes. A change that does not compile changes
// nothing.
//
// Where both have a document of one name, the later word counts: what was put
// stays until it is deleted, until the file that names it changes, or until the
// process ends.
type Library struct {
	patterns []string
	changed  func(Change) // with the lock held; must not block
	log      *slog.Logger

	polling sync.Mutex      // one look at the files at a time; guards latest
	latest  map[string]file // as they were last read

	mu    sync.Mutex      // guards all below, and orders the changes
	files map[string]file // as they are in force
	put   map[key]policies.Document
	retry bool // what failed to compile may compile now
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
		put: map[key]policies.Document{}, set: new(policies.Set),
	}
	files, err := readAll(patterns, nil)
	if err != nil {
		return nil, err
	}
	if err := problems(files); err != nil {
		return nil, err
	}
	set, err := policies.Compile(merge(files, nil))
	if err != nil {
		return nil, err
	}
	l.latest, l.files = files, files
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
	l.put, l.retry = next, true
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
	l.put, l.retry = next, true
	l.accept(set, "deleted by API: "+k.String())
	return nil
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
