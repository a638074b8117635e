package deptest_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// adapter are the files of the data plane that speak HTTP. The fault engine is
// all the others: it knows no wire format, so that another data path can drive
// it (docs/adr/0007-the-engine-knows-no-net-http.md).
var adapter = []string{"answer.go", "handler.go", "server.go", "upstream.go"}

func TestTheFaultEngineKnowsNoWireFormat(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(top, "proxy/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var engine int
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasSuffix(name, "_test.go") || slices.Contains(adapter, name) {
			continue
		}
		engine++
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range parsed.Imports {
			path := strings.Trim(imported.Path.Value, `"`)
			if path == "net/http" || strings.HasPrefix(path, "net/http/") || strings.HasPrefix(path, "golang.org/x/net/http") {
				t.Errorf("proxy/%s imports %s; only the adapter does: %s", name, path, strings.Join(adapter, ", "))
			}
		}
	}
	if engine == 0 {
		t.Error("there is no engine")
	}
}
