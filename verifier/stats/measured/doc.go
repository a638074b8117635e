// Package measured holds poise's statistics against simulated services: how
// often they halt a hypothesis that is true, how long they take to see one that
// is false, and how the usual methods fare beside them. It has tests only:
//
//	go test ./verifier/stats/measured                                    a few seconds
//	go test ./verifier/stats/measured -timeout 1h -args -long            more runs, ten minutes
//	go test ./verifier/stats/measured -timeout 1h -args -long -update    writes docs/reference/statistics-measured.md, too
//
// Everything is drawn from the seeds named there: the same command gives the
// same table.
package measured
