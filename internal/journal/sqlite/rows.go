package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/poise-dev/poise/internal/journal"
)

// page is how many rows are read at a time: between pages no read transaction
// is open, so that a slow reader keeps nobody from tidying up the WAL.
const page = 512

// stampFormat writes times so that they sort as text.
const stampFormat = "2006-01-02T15:04:05.000000000Z"

// Events implements [journal.Reader].
func (r *Reader) Events(ctx context.Context, q journal.Query) iter.Seq2[journal.Event, error] {
	return func(yield func(journal.Event, error) bool) {
		left := q.Limit
		for {
			size := page
			if q.Limit > 0 {
				size = min(size, left)
			}
			events, err := r.events(ctx, q, size)
			if err != nil {
				yield(journal.Event{}, unusable(r.place, err))
				return
			}
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
				q.After = e.Seq
			}
			left -= len(events)
			if len(events) < size || q.Limit > 0 && left == 0 {
				return
			}
		}
	}
}

// Ticks implements [journal.Reader].
func (r *Reader) Ticks(ctx context.Context, run string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		after := int64(-1 << 63)
		for {
			ticks, last, err := r.ticks(ctx, run, after)
			if err != nil {
				yield(nil, unusable(r.place, err))
				return
			}
			for _, t := range ticks {
				if !yield(t, nil) {
					return
				}
			}
			if len(ticks) < page {
				return
			}
			after = last
		}
	}
}

// Close closes the record.
func (r *Reader) Close() error { return r.db.Close() }

func (r *Reader) events(ctx context.Context, q journal.Query, size int) (events []journal.Event, err error) {
	where, args := clause(q)
	rows, err := r.db.QueryContext(ctx, selectEvent+where+" ORDER BY e.seq LIMIT ?", append(args, size)...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

func (r *Reader) ticks(ctx context.Context, run string, after int64) (ticks []json.RawMessage, last int64, err error) {
	rows, err := r.db.QueryContext(ctx, selectTicks, run, after, page)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var data string
		if err := rows.Scan(&last, &data); err != nil {
			return nil, 0, err
		}
		ticks = append(ticks, json.RawMessage(data))
	}
	return ticks, last, rows.Err()
}

// clause is q as SQL. [journal.Query.Selects] says what it means.
func clause(q journal.Query) (where string, args []any) {
	conditions := []string{"e.seq > ?"}
	args = []any{int64(min(q.After, 1<<63-1))}
	if !q.Since.IsZero() {
		conditions, args = append(conditions, "e.at >= ?"), append(args, q.Since.UTC().Format(stampFormat))
	}
	if !q.Until.IsZero() {
		conditions, args = append(conditions, "e.at < ?"), append(args, q.Until.UTC().Format(stampFormat))
	}
	if q.Run != "" {
		conditions, args = append(conditions, "e.run = ?"), append(args, q.Run)
	}
	if len(q.Kinds) > 0 {
		conditions = append(conditions, "e.kind IN (?"+strings.Repeat(", ?", len(q.Kinds)-1)+")")
		for _, kind := range q.Kinds {
			args = append(args, kind)
		}
	}
	return " WHERE " + strings.Join(conditions, " AND "), args
}

func scan(rows *sql.Rows) (journal.Event, error) {
	var (
		e                      journal.Event
		at, knownAt, because   string
		textDigest, dataDigest string
		whole                  bool
		data                   sql.NullString
	)
	err := rows.Scan(&e.Seq, &e.ID, &at, &knownAt, &e.Source, &e.Kind, &e.Subject, &e.Run, &because,
		&textDigest, &dataDigest, &e.PrevHash, &e.Hash, &whole, &e.Text, &data)
	if err != nil {
		return e, err
	}
	if data.Valid {
		e.Data = json.RawMessage(data.String)
	}
	if !whole {
		e.TextDigest, e.DataDigest = textDigest, dataDigest
	}
	if e.At, err = time.Parse(stampFormat, at); err != nil {
		return e, unreadable(e.Seq, err)
	}
	if e.KnownAt, err = time.Parse(stampFormat, knownAt); err != nil {
		return e, unreadable(e.Seq, err)
	}
	if err := json.Unmarshal([]byte(because), &e.Because); err != nil {
		return e, unreadable(e.Seq, err)
	}
	return e, nil
}

func unreadable(seq uint64, err error) error {
	return &journal.BrokenError{Seq: seq, Break: journal.Unreadable, Why: err.Error()}
}

func insert(ctx context.Context, tx *sql.Tx, e journal.Event) error {
	because, err := json.Marshal(e.Because)
	if err != nil {
		return fmt.Errorf("record %s: %w", e.ID, err)
	}
	text, data := e.Digests()
	_, err = tx.ExecContext(ctx, insertEvent, e.Seq, e.ID, e.At.Format(stampFormat), e.KnownAt.Format(stampFormat),
		e.Source, e.Kind, e.Subject, e.Run, string(because), text, data, e.PrevHash, e.Hash)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, insertBody, e.Seq, e.Text, sql.NullString{String: string(e.Data), Valid: e.Data != nil})
	return err
}
