// Command poise-proxy is the data plane alone: the small binary that is put
// beside applications. It is exactly "poise proxy", without the rest.
package main

import (
	"os"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/cmd/internal/proxyverb"
)

// version is set by the linker.
var version string

func main() {
	v := cli.Version(version)
	root := proxyverb.New("poise-proxy", v)
	root.AddCommand(cli.VersionVerb(v))
	os.Exit(cli.Main(root, os.Args[1:]))
}
