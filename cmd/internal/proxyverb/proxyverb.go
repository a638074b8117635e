// Package proxyverb is the verb "proxy": the data plane alone. It is the whole
// of poise-proxy, and a part of poise.
package proxyverb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/cmd/internal/settings"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/journal/lines"
	"github.com/poise-dev/poise/internal/sidecar"
)

// New returns the verb, under the name use.
func New(use, version string) *cobra.Command {
	c := &cobra.Command{
		Use:   use,
		Short: "Carry requests, and inject faults while a lease lives",
		Long: `Carry requests from listeners to their upstreams. A policy injects only while it
holds a lease: granted through the admin API, renewed by whoever is watching, and
over by itself when nobody does. Leases are recorded before they are granted, so
they need a directory for the record (--data).`,
		Example: `  ` + use + ` --listen 127.0.0.1:8081 --upstream http://127.0.0.1:8080 -f policy.yaml --data ./poise-data
  ` + use + ` --unguarded --listen 127.0.0.1:8081 --upstream http://127.0.0.1:8080 -f policy.yaml`,
		Args: cobra.NoArgs,
	}
	settings.Flags(c.Flags())
	unguarded := c.Flags().Bool("unguarded", false, "grant every policy a standing lease: nobody watches, nothing stops it (for tests on a laptop)")
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := settings.Load(c.Flags())
		if err != nil {
			return cli.Usage("%w", err)
		}
		if len(s.Listeners) == 0 {
			return cli.Usage("there is no listener (add --listen and --upstream, or listeners: to %s)", settings.DefaultFile)
		}
		return run(c.Context(), c.ErrOrStderr(), s, *unguarded, version)
	}
	return c
}

// run carries requests until ctx ends.
func run(ctx context.Context, stderr io.Writer, s settings.Settings, unguarded bool, version string) (err error) {
	log := cli.Logger(stderr, s.Log.Level, s.Log.Format)
	options := s.Sidecar("proxy", version, log)
	if unguarded {
		options.Unguarded = true
		fmt.Fprintln(stderr, "UNGUARDED: every policy holds a standing lease. Nobody watches; faults stop only with this process, or by poise halt.")
	}
	if s.Recorded {
		options.Record = journal.NewReopening(func() (journal.Store, error) { return lines.Open(s.Data, lines.Options{}) })
		defer func() { err = errors.Join(err, options.Record.Close()) }()
	}
	car, err := sidecar.New(options)
	if err != nil {
		return settings.Failure(err)
	}
	admin, err := car.OpenAdmin(s.AdminOptions(), car.API())
	if err != nil {
		return cli.Unavailable(errors.Join(err, car.Close()))
	}
	announce(log, car, admin)
	return serve(ctx, car, admin)
}

// serve runs both until ctx ends, or one of them fails. The admin address
// answers until the last request is through.
func serve(ctx context.Context, car *sidecar.Sidecar, admin *sidecar.Admin) error {
	carrying, stop := context.WithCancel(ctx)
	defer stop()
	steering, closeAdmin := context.WithCancel(context.WithoutCancel(ctx))
	defer closeAdmin()
	answered := make(chan error, 1)
	go func() {
		defer stop()
		answered <- admin.Serve(steering)
	}()
	err := car.Run(carrying)
	closeAdmin()
	return cli.Unavailable(errors.Join(err, <-answered))
}

func announce(log *slog.Logger, car *sidecar.Sidecar, admin *sidecar.Admin) {
	for _, server := range car.Servers() {
		log.Info("listening", "listener", server.Name(), "address", server.Addr().String(), "upstream", server.Upstream().String())
	}
	log.Info("admin", "address", admin.Addr())
}
