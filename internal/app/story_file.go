package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// WriteStory tells a run into a file of its own, stories/RUN.md below dir, and
// returns the path.
func (r *Runs) WriteStory(ctx context.Context, dir, id string) (string, error) {
	told, err := Tell(ctx, r.record, id)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "stories", id+".md")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("write the story: %w", err)
	}
	if err := os.WriteFile(path, []byte(told.Markdown()), 0o600); err != nil {
		return "", fmt.Errorf("write the story: %w", err)
	}
	return path, nil
}
