package demo

import (
	"context"
	"time"
)

// ChildOf lets the fuzz target reach the parser without a socket.
var ChildOf = childOf

// Arrive lets an order that was due arrive at now, whatever the clock says, and
// waits for its answer.
func (t *Traffic) Arrive(ctx context.Context, now, due time.Time) {
	t.arrive(ctx, now, due)
	t.answers.Wait()
}
