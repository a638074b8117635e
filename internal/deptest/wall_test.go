package deptest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/internal/deptest"
)

// house is a small graph: room → closet → net/http, and hall → room.
func house() deptest.Graph {
	g := deptest.Graph{"net/http": {ImportPath: "net/http", Standard: true}}
	ours := func(path string, imports ...string) {
		path = "github.com/poise-dev/poise/" + path
		g[path] = deptest.Package{ImportPath: path, Module: &deptest.Module{Main: true}, Imports: imports}
	}
	ours("room", "github.com/poise-dev/poise/room/closet")
	ours("room/closet", "example.org/lib")
	ours("hall", "github.com/poise-dev/poise/room")
	g["example.org/lib"] = deptest.Package{
		ImportPath: "example.org/lib", Module: &deptest.Module{Path: "example.org/lib"}, Imports: []string{"net/http"},
	}
	return g
}

func TestWall(t *testing.T) {
	tests := []struct {
		name string
		wall deptest.Wall
		want []string
	}{
		{
			"a wall nobody goes through stands",
			deptest.Wall{From: []string{"./room/..."}, Never: []string{"./hall"}},
			nil,
		},
		{
			"a way through a third party's package is found, with the shortest chain",
			deptest.Wall{From: []string{"./hall"}, Never: []string{"net/http"}},
			[]string{"hall → room → room/closet → example.org/lib → net/http"},
		},
		{
			"a direct wall looks one step far",
			deptest.Wall{From: []string{"./..."}, Never: []string{"example.org/..."}, Direct: true},
			[]string{"room/closet → example.org/lib"},
		},
		{
			"a room may use its own closets and nothing that is not listed",
			deptest.Wall{From: []string{"./room/..."}, Only: []string{"std"}},
			[]string{"room/closet → example.org/lib"},
		},
		{
			"a package taken out of a pattern again is not looked at",
			deptest.Wall{From: []string{"./...", "!./room/..."}, Never: []string{"example.org/..."}, Direct: true},
			nil,
		},
		{
			"other people's packages are not ours to wall in",
			deptest.Wall{From: []string{"example.org/..."}, Never: []string{"net/http"}},
			nil,
		},
		{
			"a pattern does not match a longer name that begins alike",
			deptest.Wall{From: []string{"./roo/..."}, Never: []string{"net/http"}},
			nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, house().Breaches(tt.wall)); diff != "" {
				t.Errorf("breaches (-want +got):\n%s", diff)
			}
		})
	}
}
