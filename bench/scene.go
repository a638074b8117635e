package main

import (
	"fmt"
	"strings"
	"time"
)

// scene is one case: what is sent, and what the proxy has to do to it.
type scene struct {
	name, title string
	load        load
	size        int // of the upstream's answers
	rules       rules
	held        bool // memory is measured, not time
}

// rules are what a proxy is told about faults.
type rules struct {
	never   int           // how many are for paths that nobody asks for
	abort   int           // percent of requests answered 503
	delayed int           // percent of requests that wait
	delay   time.Duration // for so long
}

// none says whether the proxy only has to forward.
func (r rules) none() bool { return r == rules{} }

// Sizes of the scenes, and how many connections memory is measured over.
const (
	answered = 1 << 10
	posted   = 16 << 10
	large    = 1 << 20
	rate     = 2000 // requests a second, where they are paced
	many     = 2000
)

// scenes are all cases there are, with one measurement lasting window.
func scenes(window time.Duration) []scene {
	get := load{Connections: 64, Size: answered, Warm: 500 * time.Millisecond, For: window}
	paced, post, big, aborted := get, get, get, get
	paced.Rate = rate
	post.Connections, post.Send = 32, posted
	big.Connections, big.Size = 8, large
	aborted.Instead = 503
	all := []scene{
		{name: "get", title: "GET 1 KiB, as fast as answered", load: get},
		{name: "paced", title: "GET 1 KiB, 2,000/s", load: paced},
		{name: "post", title: "POST 16 KiB", load: post},
		{name: "large", title: "GET 1 MiB", load: big, size: large},
		{name: "abort", title: "1% aborted", load: aborted, rules: rules{abort: 1}},
		{name: "delay", title: "10% delayed by 100 ms, 2,000/s", load: paced, rules: rules{delayed: 10, delay: 100 * time.Millisecond}},
	}
	for _, n := range []int{100, 1_000, 10_000} {
		all = append(all, scene{
			name: fmt.Sprintf("policies-%d", n), title: fmt.Sprintf("GET 1 KiB, %d rules, none matches", n),
			load: get, rules: rules{never: n},
		})
	}
	return append(all,
		scene{name: "idle", title: "2,000 idle connections", held: true},
		scene{name: "idle-100", title: "2,000 idle connections, 100 rules", rules: rules{never: 100}, held: true},
		scene{name: "held", title: "2,000 delayed requests", rules: rules{delayed: 100, delay: 10 * time.Second}, held: true},
	)
}

// chosen returns those of the scenes whose names are in a list with commas; an
// empty list means all.
func chosen(all []scene, list string) ([]scene, error) {
	if list == "" {
		return all, nil
	}
	var some []scene
	var names []string
	for _, s := range all {
		names = append(names, s.name)
	}
	for name := range strings.SplitSeq(list, ",") {
		at := -1
		for i := range all {
			if all[i].name == name {
				at = i
			}
		}
		if at < 0 {
			return nil, fmt.Errorf("-case %s: there is none; want some of %s", name, strings.Join(names, ", "))
		}
		some = append(some, all[at])
	}
	return some, nil
}
