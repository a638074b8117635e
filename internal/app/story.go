package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/journal/story"
)

// Story tells a run.
func (r *Runs) Story(ctx context.Context, id string) (api.Story, error) {
	told, err := Tell(ctx, r.record, id)
	if errors.Is(err, ErrNoStory) {
		return api.Story{}, api.Refuse(http.StatusNotFound, err)
	}
	if err != nil {
		return api.Story{}, err
	}
	return api.Story{Markdown: []byte(told.Markdown()), Value: told}, nil
}

// ErrNoStory says that the record does not know the run.
var ErrNoStory = errors.New("the record does not know this run")

// Tell tells a run from a record.
func Tell(ctx context.Context, record journal.Reader, id string) (story.Story, error) {
	events, err := journal.Collect(record.Events(ctx, journal.Query{Run: id}))
	if err != nil {
		return story.Story{}, err
	}
	if len(events) == 0 {
		return story.Story{}, fmt.Errorf("run %q: %w", id, ErrNoStory)
	}
	beside, err := around(ctx, record, events)
	if err != nil {
		return story.Story{}, err
	}
	ticks, err := journal.Collect(record.Ticks(ctx, id))
	if err != nil {
		return story.Story{}, err
	}
	events = append(events, beside...)
	slices.SortFunc(events, func(a, b journal.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	return story.Compose(events, ticks)
}

// before is how long before a run its story looks for what led to it, and after
// how long after it for what people learned.
const (
	before = 30 * time.Minute
	after  = 24 * time.Hour
)

// around returns what happened beside a run and belongs to none: deploys,
// alerts, notes, halts.
func around(ctx context.Context, record journal.Reader, run []journal.Event) ([]journal.Event, error) {
	all, err := journal.Collect(record.Events(ctx, journal.Query{
		Since: run[0].At.Add(-before), Until: run[len(run)-1].At.Add(after),
		Kinds: []string{journal.KindDeploy, journal.KindAlert, journal.KindNote, journal.KindHalt, journal.KindResume},
	}))
	return slices.DeleteFunc(all, func(e journal.Event) bool { return e.Run != "" }), err
}
