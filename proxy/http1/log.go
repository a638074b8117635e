package http1

import (
	"context"
	"log/slog"
	"strings"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
)

// described is a request in the access log: its bytes are gone by its end.
type described struct{ method, host, path string }

// describe keeps what the access log is going to say; nil: it says nothing.
func (c *conn) describe() *described {
	if !c.server.o.Log.Enabled(context.Background(), slog.LevelDebug) {
		return nil
	}
	r := &c.view.request
	return &described{strings.Clone(r.Method), strings.Clone(r.Host), strings.Clone(r.Path)}
}

// tell writes the access log, one line for each request, at level debug.
func (c *conn) tell(d *described, p *fault.Passage, o policies.Outcome) {
	if d == nil {
		return
	}
	line := []slog.Attr{
		slog.String("listener", c.server.o.Lane.Name()), slog.String("method", d.method), slog.String("host", d.host),
		slog.String("path", d.path), slog.Int("status", o.Status), slog.Bool("complete", o.Complete),
		slog.Duration("took", p.Elapsed()), slog.String("arm", p.Decision().Arm.String()),
	}
	if met := p.Met(); met.Policy != "" {
		line = append(line, slog.String("fault_policy", met.Policy), slog.String("fault_type", met.Kinds),
			slog.Duration("fault_delay", met.Delay), slog.Bool("fault_released", met.Released))
	}
	c.server.o.Log.LogAttrs(context.Background(), slog.LevelDebug, "request", line...)
}
