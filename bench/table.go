package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// printTable writes one line for each proxy: medians over the rounds, the
// smallest and largest CPU time, and the ratio of the CPU time to the first
// proxy's. What went wrong stands below.
func printTable(w io.Writer, results []result) {
	fmt.Fprintf(w, "%-22s %14s %17s %6s %11s %9s %9s\n",
		"proxy", "CPU µs/request", "(least … most)", "ratio", "requests/s", "p50 µs", "p99 µs")
	var base time.Duration
	for _, r := range results {
		switch {
		case errors.Is(r.err, errNotHere):
			fmt.Fprintf(w, "%-22s %14s\n", r.peer, errNotHere)
		case r.err != nil:
			fmt.Fprintf(w, "%-22s %14s\n", r.peer, "failed")
		default:
			if base == 0 {
				base = median(column(r.samples, sample.spent))
			}
			printLine(w, r, base)
		}
	}
	for _, r := range results {
		if r.err != nil && !errors.Is(r.err, errNotHere) {
			fmt.Fprintf(w, "%s: %v\n", r.peer, r.err)
		}
	}
}

func printLine(w io.Writer, r result, base time.Duration) {
	cpu := column(r.samples, sample.spent)
	fmt.Fprintf(w, "%-22s %14s %17s %6.2f %11.0f %9s %9s\n", r.peer,
		micros(median(cpu)),
		fmt.Sprintf("(%s … %s)", micros(slices.Min(cpu)), micros(slices.Max(cpu))),
		float64(median(cpu))/float64(base),
		median(column(r.samples, func(s sample) float64 { return s.PerSec })),
		micros(median(column(r.samples, func(s sample) time.Duration { return s.P50 }))),
		micros(median(column(r.samples, func(s sample) time.Duration { return s.P99 }))))
}

// micros writes a duration in microseconds.
func micros(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Microsecond)) }

func (s sample) spent() time.Duration { return s.cpu }

// column is one figure of every sample.
func column[T any](samples []sample, figure func(sample) T) []T {
	all := make([]T, len(samples))
	for i, s := range samples {
		all[i] = figure(s)
	}
	return all
}

// median returns the middle of the figures; of an even number, the lower of
// the two middle ones.
func median[T float64 | time.Duration](figures []T) T {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[(len(sorted)-1)/2]
}
