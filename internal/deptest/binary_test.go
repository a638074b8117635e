package deptest_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// small is how the data plane's binary is built for a container.
var small = []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"}

// budget is what the stripped binary may weigh: it stands beside every
// application, so each megabyte is paid for once a pod.
const budget = 14_000_000 // bytes

// allowed are the modules poise-proxy may be made of. No database, no PromQL,
// no gRPC or xDS, no Kubernetes. Whoever adds a line says what it is for.
var allowed = map[string]string{
	"github.com/beorn7/perks":             "client_golang: quantiles",
	"github.com/cespare/xxhash/v2":        "client_golang: label hashes",
	"github.com/fsnotify/fsnotify":        "viper; never started",
	"github.com/go-viper/mapstructure/v2": "viper: settings into a struct",
	"github.com/goccy/go-yaml":            "documents",
	"github.com/munnerz/goautoneg":        "promhttp: which format to answer in",
	"github.com/pelletier/go-toml/v2":     "viper",
	"github.com/prometheus/client_golang": "metrics",
	"github.com/prometheus/client_model":  "metrics",
	"github.com/prometheus/common":        "metrics: text formats",
	"github.com/prometheus/procfs":        "client_golang: process metrics",
	"github.com/sagikazarmark/locafero":   "viper: finding a file",
	"github.com/sourcegraph/conc":         "viper, through locafero",
	"github.com/spf13/afero":              "viper: files",
	"github.com/spf13/cast":               "viper: values",
	"github.com/spf13/cobra":              "command line",
	"github.com/spf13/pflag":              "command line",
	"github.com/spf13/viper":              "process settings",
	"github.com/subosito/gotenv":          "viper",
	"go.yaml.in/yaml/v3":                  "viper: the settings file",
	"golang.org/x/sys":                    "sockets, clocks",
	"golang.org/x/text":                   "x/net: host names; viper",
	"google.golang.org/protobuf":          "client_golang",
	"github.com/poise-dev/poise":          "us",
}

// proxyMain is the package of the small binary.
func proxyMain(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(top, "cmd/poise-proxy/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("cmd/poise-proxy is gone")
	}
	return "./cmd/poise-proxy"
}

func TestTheSmallBinaryIsMadeOfFewModules(t *testing.T) {
	used := map[string]string{} // module → a package of it
	for path, p := range load(t, small, proxyMain(t)) {
		if p.Module != nil {
			used[p.Module.Path] = path
		}
	}
	for _, module := range slices.Sorted(maps.Keys(used)) {
		if allowed[module] == "" {
			t.Errorf("poise-proxy now needs %s (for %s): the small binary is made of few modules, see the list in this test",
				module, used[module])
		}
	}
	for module := range allowed {
		if used[module] == "" {
			t.Errorf("poise-proxy no longer needs %s: take it off the list", module)
		}
	}
	t.Logf("%d modules", len(used))
}

func TestTheSmallBinaryIsSmall(t *testing.T) {
	main := proxyMain(t)
	if testing.Short() {
		t.Skip("builds a binary; not with -short")
	}
	load(t, small, main) // so that a change of the source is not answered from the test cache
	out := filepath.Join(t.TempDir(), "poise-proxy")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out, main)
	build.Dir = top
	build.Env = append(build.Environ(), small...)
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	file, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("poise-proxy weighs %.1f MB of %.1f MB", float64(file.Size())/1e6, float64(budget)/1e6)
	if file.Size() > budget {
		t.Errorf("poise-proxy weighs %.1f MB, more than %.1f MB: what came in?", float64(file.Size())/1e6, float64(budget)/1e6)
	}
}
