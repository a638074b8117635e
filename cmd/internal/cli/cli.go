// Package cli is what every command of poise shares: how it ends, how it talks,
// and how it is interrupted.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/policies"
)

// Exit codes, beside those of verdicts (sysexits.h).
const (
	ExitUsage       = 64
	ExitData        = 65
	ExitUnavailable = 69
	ExitInternal    = 70
)

// exitError is an error that ends the process with a code. Without an error it
// only ends it.
type exitError struct {
	error
	code int
}

func (e exitError) Unwrap() error { return e.error }

// Exit ends the process with a code and no further word.
func Exit(code int) error {
	if code == 0 {
		return nil
	}
	return exitError{code: code}
}

// Usage is an error in how the command was called.
func Usage(format string, args ...any) error {
	return exitError{fmt.Errorf(format, args...), ExitUsage}
}

// Unavailable is an error of something that is needed and not there.
func Unavailable(err error) error {
	if err == nil {
		return nil
	}
	return exitError{err, ExitUnavailable}
}

// Data is an error of the input.
func Data(err error) error {
	if err == nil {
		return nil
	}
	return exitError{err, ExitData}
}

// errInterrupted is the cause of a context that a person ended.
var errInterrupted = errors.New("interrupted")

// Interrupted says whether the context was ended by a person at the terminal,
// rather than by a supervisor.
func Interrupted(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errInterrupted) }

// Main runs a command and returns the exit code of the process. The first
// signal ends the context, the second one the process.
func Main(root *cobra.Command, args []string) int {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return Usage("%w (see %s --help)", err, c.CommandPath())
	})
	root.SetArgs(args)
	ctx, stop := withSignals(context.Background())
	defer stop()
	return report(root.ErrOrStderr(), root.Name(), root.ExecuteContext(ctx))
}

// withSignals returns a context that SIGINT and SIGTERM end. Another signal
// ends the process at once: faults end with their lease.
func withSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s, ok := <-signals
		if !ok {
			return
		}
		cause := errInterrupted
		if s == syscall.SIGTERM {
			cause = errors.New("terminated")
		}
		cancel(cause)
		if _, again := <-signals; again {
			os.Exit(130)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

// report prints an error and returns the exit code it stands for.
func report(to io.Writer, name string, err error) int {
	if err == nil {
		return 0
	}
	code := ExitInternal
	if e, ok := errors.AsType[exitError](err); ok {
		code = e.code
		if e.error == nil {
			return code
		}
	} else if problems, ok := errors.AsType[policies.Problems](err); ok && len(problems) > 0 {
		code = ExitData
	} else if isUsage(err) {
		code = ExitUsage
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(to, "%s: %s\n", name, strings.TrimRight(line, "\n"))
	}
	if h, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok && h.Hint() != "" {
		fmt.Fprintf(to, "%s: hint: %s\n", name, h.Hint())
	}
	return code
}

// isUsage knows cobra's own complaints, which have no type.
func isUsage(err error) bool {
	for _, start := range []string{"unknown command", "unknown flag", "required flag", "accepts ", "requires at least", "invalid argument"} {
		if strings.HasPrefix(err.Error(), start) {
			return true
		}
	}
	return false
}

// Logger returns a logger that writes to w, as the settings say.
func Logger(w io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo // settings are checked before
	}
	options := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
