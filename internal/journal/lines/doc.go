// Package lines is the record of the small data plane: JSON lines, one event a
// line, hash-chained, written by one process and fsynced at every line.
//
//	events.jsonl   the events, in the shape of the timeline
//	ticks.jsonl    the counts of runs: {"run":…,"seq":…,"data":…}
//
// A line that a crash tore is no event: Open copies it to a file beside
// (*.torn), and cuts it off. A line that is whole and does not verify is
// somebody's edit: the record can still be read up to there, and not written.
package lines
