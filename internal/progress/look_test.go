package progress_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/internal/progress"
)

func TestAFileIsNoTerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	getenv := func(string) string { return "" }
	if look := progress.Detect(file, getenv); look.Live {
		t.Error("a file is drawn on")
	}
	if look := progress.Detect(&bytes.Buffer{}, getenv); look.Live {
		t.Error("a buffer is drawn on")
	}
}

func TestTheEnvironmentSaysWhatATerminalCanShow(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminal to be had here:", err)
	}
	defer terminal.Close()
	type can struct{ Live, Color, ASCII bool }
	if !progress.Detect(terminal, func(string) string { return "" }).Live {
		t.Skip("/dev/ptmx is no terminal on this system")
	}
	for name, c := range map[string]struct {
		environment map[string]string
		want        can
	}{
		"a modern one":                   {map[string]string{"TERM": "xterm", "LANG": "en_GB.UTF-8"}, can{Live: true, Color: true}},
		"utf8 without the dash":          {map[string]string{"LC_CTYPE": "C.utf8"}, can{Live: true, Color: true}},
		"no locale":                      {map[string]string{"TERM": "xterm"}, can{Live: true, Color: true, ASCII: true}},
		"LC_ALL wins over LANG":          {map[string]string{"LC_ALL": "C", "LANG": "en_GB.UTF-8"}, can{Live: true, Color: true, ASCII: true}},
		"somebody does not want colours": {map[string]string{"NO_COLOR": "1", "LANG": "C.UTF-8"}, can{Live: true}},
		"a dumb one gets plain lines":    {map[string]string{"TERM": "dumb", "LANG": "C.UTF-8"}, can{}},
	} {
		t.Run(name, func(t *testing.T) {
			look := progress.Detect(terminal, func(key string) string { return c.environment[key] })
			if diff := cmp.Diff(c.want, can{look.Live, look.Color, look.ASCII}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
