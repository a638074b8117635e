// Package catalog holds ready-made policies and hypotheses: a start for one's
// own, by the name of what goes wrong.
package catalog

import (
	"embed"
	"io/fs"
	"strings"
)

// FS holds the documents, one file for each name: "slow-dependency.yaml".
//
//go:embed *.yaml
var FS embed.FS

// Names returns the names of all entries, sorted. FS has NAME.yaml for each.
func Names() []string {
	files, err := fs.Glob(FS, "*.yaml")
	if err != nil {
		return nil // only a malformed pattern fails
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(file, ".yaml")
	}
	return files
}
