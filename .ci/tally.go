// Command tally counts what `go test -json` printed into files.
//
//	go run .ci/tally.go FILE…             one line: N passed, N failed, N skipped
//	go run .ci/tally.go -failures FILE…   what the failed tests and builds said
//
// A test that stands in several files is counted once: it failed if it failed
// anywhere, and is skipped only if it was skipped everywhere.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
)

// event is one line of `go test -json`; see `go doc test2json` and `go help buildjson`.
type event struct {
	Action, Package, Test, Output, ImportPath, FailedBuild string
}

// key names a test; without Test it is a package as a whole.
type key struct{ Package, Test string }

// count is what is known of all tests so far.
type count struct {
	result map[key]string   // the worst that was seen: fail, pass, skip
	said   map[key][]string // output, of this file
}

// worse are the results, worst first.
var worse = []string{"fail", "pass", "skip"}

func main() {
	failures := flag.Bool("failures", false, "print what failed tests said instead of the count")
	flag.Parse()
	c := count{result: map[key]string{}}
	for _, name := range flag.Args() {
		if err := c.read(name, *failures); err != nil {
			fmt.Fprintln(os.Stderr, "tally:", err)
			os.Exit(1)
		}
	}
	if !*failures {
		fmt.Println(c)
	}
}

// read takes in one file, and prints what its failures said if asked to.
func (c *count) read(name string, show bool) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	c.said = map[key][]string{}
	failing := map[string]bool{} // packages in which a test has failed
	for in := bufio.NewReader(f); ; {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			continue // go vet and the linker speak plainly
		}
		k := key{e.Package, e.Test}
		switch e.Action {
		case "output", "build-output":
			k.Package += e.ImportPath
			c.said[k] = append(c.said[k], e.Output)
		case "pass", "skip", "fail":
			// A package counts only when it failed without any test of its own failing.
			if e.Test == "" && (e.Action != "fail" || failing[e.Package]) {
				continue
			}
			failing[e.Package] = failing[e.Package] || e.Action == "fail"
			c.add(k, e.Action)
			if show && e.Action == "fail" {
				c.show(k, e.FailedBuild)
			}
		}
	}
}

// add notes a result unless a worse one is known.
func (c *count) add(k key, result string) {
	if known, ok := c.result[k]; !ok || slices.Index(worse, result) < slices.Index(worse, known) {
		c.result[k] = result
	}
}

// show prints what a failed test, or the build of its package, said; each only
// once, though a build may fail many packages.
func (c *count) show(k key, build string) {
	fmt.Println("FAIL", k.Package, k.Test)
	for _, said := range []key{{build, ""}, k} {
		for _, line := range c.said[said] {
			fmt.Print(line)
		}
		delete(c.said, said)
	}
}

// String is the line everything ends with.
func (c count) String() string {
	n := map[string]int{}
	for _, result := range c.result {
		n[result]++
	}
	line := fmt.Sprintf("%d passed, %d failed", n["pass"], n["fail"])
	if n["skip"] > 0 {
		line += fmt.Sprintf(", %d skipped", n["skip"])
	}
	return line
}
