package policies_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/policies/catalog"
)

// means checks that documents compile, and that whatever is compiled of them
// can be told in words.
func means(t *testing.T, documents []policies.Document) {
	t.Helper()
	set, err := policies.Compile(documents)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range set.Policies() {
		if p.Text == "" || p.Digest == "" || p.Share == 0 {
			t.Errorf("policy %s: text %q, digest %q, share %v", p.Name, p.Text, p.Digest, p.Share)
		}
	}
	for _, b := range set.Beliefs() {
		for _, p := range b.Promises {
			if p.Text == "" || p.Tolerance <= 0 {
				t.Errorf("objective %s of %s: text %q, tolerance %v", p.Name, b.Name, p.Text, p.Tolerance)
			}
		}
	}
}

func TestTheCatalogCompilesAsOneSet(t *testing.T) {
	var all []policies.Document
	for _, name := range catalog.Names() {
		data, err := catalog.FS.ReadFile(name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parse(t, string(data))...)
	}
	means(t, all)
}

func TestExamplesCompile(t *testing.T) {
	files, err := filepath.Glob("../deploy/examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			means(t, parse(t, string(data)))
		})
	}
}
