package proxy

import (
	"log/slog"

	"github.com/poise-dev/poise/proxy/fault"
)

// ListenStandard is Listen with net/http in the place of our own data path, as a
// forward proxy has it.
func ListenStandard(e *fault.Engine, l Listener, log *slog.Logger) (*Server, error) {
	s, err := Listen(e, l, log)
	if err == nil {
		s.front.http1 = s.front.http2
	}
	return s, err
}
