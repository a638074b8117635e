package deptest_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/poise-dev/poise/internal/deptest"
)

// top is the module's folder, as seen from this package's.
const top = "../.."

// load returns the graph of the whole module. It walks the source tree first:
// the go command caches a test's result and knows only the files the test
// itself looked at, so a change in another room would go unseen.
func load(t *testing.T, env []string, patterns ...string) deptest.Graph {
	t.Helper()
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	g, err := deptest.Load(t.Context(), top, env, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestWalls(t *testing.T) {
	ours := []string{"./..."}
	tests := []struct {
		name string
		wall deptest.Wall
	}{
		{
			"policies are the standard library and one YAML decoder",
			deptest.Wall{From: []string{"./policies/..."}, Only: []string{"std", "github.com/goccy/go-yaml/..."}},
		},
		{
			"policies reach no network server, no log, no metrics, nothing else of ours",
			deptest.Wall{
				From:  []string{"./policies/..."},
				Never: []string{"net/http/...", "log/...", "github.com/prometheus/...", "./...", "!./policies/..."},
			},
		},
		{
			"statistics import math only",
			deptest.Wall{From: []string{"./verifier/stats/..."}, Only: []string{"math/..."}},
		},
		{
			"the data plane does not know who judges it",
			deptest.Wall{From: []string{"./proxy/..."}, Never: []string{"./verifier/..."}},
		},
		{
			"the fault engine knows no wire format, so that any data path can drive it",
			deptest.Wall{
				From:  []string{"./proxy/fault/..."},
				Never: []string{"net/...", "!net/netip", "golang.org/x/net/...", "./proxy/...", "!./proxy/fault/..."}, Direct: true,
			},
		},
		{
			"HTTP as bytes needs no connection",
			deptest.Wall{From: []string{"./proxy/wire/..."}, Only: []string{"std", "!net/..."}},
		},
		{
			"judgement does not know what serves the requests",
			deptest.Wall{From: []string{"./verifier/..."}, Never: []string{"./proxy/..."}},
		},
		{
			"both planes can be used without our wiring, command line or control plane",
			deptest.Wall{
				From:  []string{"./proxy/...", "./verifier/..."},
				Never: []string{"./internal/...", "./cmd/...", "github.com/spf13/...", "github.com/envoyproxy/..."},
			},
		},
		{
			"the dead man's switch depends on nothing of ours",
			deptest.Wall{From: []string{"./internal/lease/..."}, Never: []string{"./...", "!./internal/lease/..."}},
		},
		{
			"flags, environment and settings files are read in cmd",
			deptest.Wall{From: append(ours, "!./cmd/..."), Never: []string{"github.com/spf13/..."}},
		},
		{
			"the xDS libraries stay in control",
			deptest.Wall{From: append(ours, "!./internal/control/..."), Never: []string{"github.com/envoyproxy/..."}, Direct: true},
		},
		{
			"the Kubernetes client stays in inject",
			deptest.Wall{From: append(ours, "!./internal/inject/..."), Never: []string{"k8s.io/..."}, Direct: true},
		},
		{
			"the database stays in the journal",
			deptest.Wall{
				From:  append(ours, "!./internal/journal/..."),
				Never: []string{"modernc.org/...", "database/sql/..."}, Direct: true,
			},
		},
		{
			"nobody reaches back into the command line",
			deptest.Wall{From: append(ours, "!./cmd/..."), Never: []string{"./cmd/..."}},
		},
		{
			"the two planes are put together for a main, and for nobody else",
			deptest.Wall{From: append(ours, "!./cmd/...", "!./internal/app/..."), Never: []string{"./internal/app/..."}},
		},
	}
	g := load(t, nil, "./...")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, pattern := range tt.wall.From {
				if !strings.HasPrefix(pattern, "!") && len(g.Rooms(pattern)) == 0 {
					t.Errorf("there is no room %s: the wall guards nothing", pattern)
				}
			}
			for _, way := range g.Breaches(tt.wall) {
				t.Error(way)
			}
		})
	}
}

// vague are names that say nothing about what is inside.
var vague = []string{"util", "utils", "common", "helper", "helpers", "types", "manager", "base", "misc", "shared"}

// filler is how a first sentence begins that only repeats that there is a package.
var filler = regexp.MustCompile(`^(is a (package|library|module)|provides|contains|implements|includes|defines)\b`)

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range load(t, nil, "./...").Rooms("./...") {
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		t.Run(strings.TrimPrefix(p.ImportPath, "github.com/poise-dev/"), func(t *testing.T) {
			name := filepath.Base(p.ImportPath)
			if slices.Contains(vague, name) {
				t.Errorf("a package is a noun a user says aloud; %q is not", name)
			}
			opening := "Package " + p.Name + " "
			if p.Name == "main" {
				opening = "Command " + name + " "
			}
			says, found := strings.CutPrefix(p.Doc, opening)
			if !found {
				t.Fatalf("documentation begins %q, want %q", p.Doc, opening+"…")
			}
			if filler.MatchString(says) || len(strings.Fields(says)) < 4 {
				t.Errorf("%q does not say what the package is for", p.Doc)
			}
		})
	}
}
