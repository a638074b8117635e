package catalog_test

import (
	"testing"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/policies/catalog"
)

func TestEveryEntryIsOneDocumentOfItsName(t *testing.T) {
	names := catalog.Names()
	if len(names) == 0 {
		t.Fatal("the catalog is empty")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			file := name + ".yaml"
			data, err := catalog.FS.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			documents, err := policies.Parse(file, data)
			if err != nil {
				t.Fatalf("Parse:\n%v", err)
			}
			if len(documents) != 1 || documents[0].Metadata.Name != name {
				t.Errorf("got %d documents, want one named %s", len(documents), name)
			}
		})
	}
}
