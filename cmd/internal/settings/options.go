package settings

import (
	"errors"
	"io/fs"
	"log/slog"

	"github.com/poise-dev/poise/cmd/internal/cli"
	"github.com/poise-dev/poise/internal/sidecar"
	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy"
	"github.com/poise-dev/poise/proxy/fault"
)

// Sidecar returns what the settings say about the data plane.
func (s *Settings) Sidecar(role, version string, log *slog.Logger) sidecar.Options {
	o := sidecar.Options{Role: role, Version: version, Files: s.Files, Drain: s.Drain, Log: log, Marks: fault.ParseMarks(s.Marks)}
	for _, l := range s.Listeners {
		o.Listeners = append(o.Listeners, proxy.Listener{
			Name: l.Name, Address: l.Address, Upstream: l.Upstream, Forward: l.Mode == modeForward,
			TLS: proxy.TLS(l.TLS), UpstreamTLS: proxy.UpstreamTLS(l.UpstreamTLS),
			Unforwarded: s.ForwardedHeaders == "off",
		})
	}
	return o
}

// AdminOptions returns what the settings say about the admin address.
func (s *Settings) AdminOptions() sidecar.AdminOptions {
	return sidecar.AdminOptions{
		Address: s.Admin.Address, TokenFile: s.Admin.TokenFile,
		CertFile: s.Admin.TLS.CertFile, KeyFile: s.Admin.TLS.KeyFile, ClientCAFile: s.Admin.TLS.ClientCAFile,
		Observe: s.Observe.Address,
	}
}

// Failure gives an error of starting up its exit code: documents that are wrong
// or missing are bad input, anything else is something unavailable.
func Failure(err error) error {
	var problems policies.Problems
	if errors.As(err, &problems) || errors.Is(err, fs.ErrNotExist) {
		return cli.Data(err)
	}
	return cli.Unavailable(err)
}
