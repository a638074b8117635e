package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this binary as poise, as a person would.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"poise": func() { os.Exit(Main(os.Args[1:])) },
	})
}

// TestScripts runs every script of testdata/script: what a person types, and
// what poise answers.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"answers":  answers,
			"exits":    exits,
			"taken":    taken,
			"free":     free,
			"fill":     fill,
			"upstream": upstream,
			"traffic":  traffic,
			"ready":    ready,
		},
	})
}
