package deploy_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// shipped returns the files with documents that are shipped in this folder.
func shipped(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".yaml" && strings.Contains(read(t, path), "\napiVersion: poise.dev/") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no documents are shipped")
	}
	return files
}

func TestShippedDocumentsNameTheirSchema(t *testing.T) {
	named := regexp.MustCompile(`^# yaml-language-server: \$schema=(\S+)\n`)
	for _, file := range shipped(t) {
		t.Run(file, func(t *testing.T) {
			schema := named.FindStringSubmatch(read(t, file))
			if schema == nil {
				t.Fatal("the first line does not name the schema for editors")
			}
			if got := filepath.Join(filepath.Dir(file), schema[1]); got != "schema.json" {
				t.Errorf("it names %s, which is not the schema", got)
			}
			if _, err := os.Stat("schema.json"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSettingsExampleNamesEverySetting(t *testing.T) {
	text := read(t, "poise.yaml")
	var set map[string]any
	if err := yaml.Unmarshal([]byte(text), &set); err != nil {
		t.Fatal(err)
	}
	later := regexp.MustCompile(`(?m)^# (metrics|control):`)
	for _, found := range later.FindAllStringSubmatch(text, -1) {
		set[found[1]] = "described, not available yet"
	}
	want := []string{
		"admin", "control", "data", "drain", "files", "forwardedHeaders",
		"listeners", "log", "marks", "maxExposure", "metrics", "observe",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(set))); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}
