package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// printTitle begins the table, which is one of Markdown.
func printTitle(w io.Writer) {
	fmt.Fprintln(w, "| case | proxy | CPU µs/request | least … most | ratio | requests/s | p50 µs | best p99 µs | switches/request | RSS MiB | KiB each |")
	fmt.Fprintln(w, "|---|---|--:|---|--:|--:|--:|--:|--:|--:|--:|")
}

// base is the proxy the others are compared with, where it was measured;
// otherwise it is the first that was.
const base = "haproxy"

// printResults writes one line for each proxy: medians over the rounds, the
// smallest and largest CPU time, the ratio of the CPU time to that of the base,
// and the best of the rounds' p99, which is the least disturbed.
func printResults(w io.Writer, c scene, results []result) {
	compared := compare(results)
	for _, r := range results {
		switch {
		case errors.Is(r.err, errCannot): // no line
		case missing(r.err):
			fmt.Fprintf(w, "| %s | %s | %v | | | | | | | | |\n", c.title, r.peer, r.err)
		case r.err != nil:
			fmt.Fprintf(w, "| %s | %s | failed | | | | | | | | |\n", c.title, r.peer)
		case c.held:
			fmt.Fprintf(w, "| %s | %s | | | | | | | | %.1f | %.1f |\n", c.title, r.peer,
				of(r.samples, func(s sample) float64 { return s.resident }), of(r.samples, func(s sample) float64 { return s.each }))
		default:
			printLine(w, c, r, compared)
		}
	}
}

// compare returns the CPU time that ratios are to; 0 when there is none.
func compare(results []result) (with time.Duration) {
	for _, r := range results {
		if r.err == nil && len(r.samples) > 0 && (with == 0 || r.peer == base) {
			with = of(r.samples, sample.spent)
		}
	}
	return with
}

func printLine(w io.Writer, c scene, r result, compared time.Duration) {
	cpu := column(r.samples, sample.spent)
	fmt.Fprintf(w, "| %s | %s | %s | %s … %s | %.2f | %.0f | %s | %s | %.2f | %.1f | |\n", c.title, r.peer,
		micros(median(cpu)), micros(slices.Min(cpu)), micros(slices.Max(cpu)),
		float64(median(cpu))/float64(compared),
		of(r.samples, func(s sample) float64 { return s.PerSec }),
		micros(of(r.samples, func(s sample) time.Duration { return s.P50 })),
		micros(slices.Min(column(r.samples, func(s sample) time.Duration { return s.P99 }))),
		of(r.samples, func(s sample) float64 { return s.switches }),
		of(r.samples, func(s sample) float64 { return s.resident }))
}

// missing says whether an error only tells that something was not measured.
func missing(err error) bool { return errors.Is(err, errNotHere) || errors.Is(err, errCannot) }

// micros writes a duration in microseconds.
func micros(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Microsecond)) }

func (s sample) spent() time.Duration { return s.cpu }

// of is the median of one figure of every sample.
func of[T float64 | time.Duration](samples []sample, figure func(sample) T) T {
	return median(column(samples, figure))
}

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
