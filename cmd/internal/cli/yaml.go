package cli

import (
	"encoding/json"
	"io"

	"github.com/goccy/go-yaml"
)

// printYAML prints a value with the names it has in JSON.
func printYAML(w io.Writer, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if text, err = yaml.JSONToYAML(text); err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}
