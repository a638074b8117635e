package sidecar

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/policies"
)

// AdminOptions configures the admin address, and the one for looking only.
type AdminOptions struct {
	// Address of the admin API. Beyond this machine it needs TLS, and a token or
	// client certificates.
	Address string
	// TokenFile holds the bearer token. Empty: none is asked for.
	TokenFile                       string
	CertFile, KeyFile, ClientCAFile string
	// Observe is the address that shows health and metrics to anybody. Empty:
	// none.
	Observe string
}

// API returns the sidecar's part of the admin API.
func (s *Sidecar) API() api.Options {
	o := api.Options{
		Role:      s.o.Role,
		Version:   s.o.Version,
		Listeners: s.showListeners,
		Policies:  s.showPolicies,
		Documents: library{s.Library},
		Explain:   func(q api.Question) (api.Answer, error) { return Explain(s.Library.Set(), s.Listeners(), q) },
		Leases:    s.Leases,
		Switch:    s,
		Refuses:   s.Refuses,
		Metrics:   promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{EnableOpenMetrics: true}),
		Log:       s.o.Log,
	}
	if s.o.Record != nil {
		o.Record = s
	}
	return o
}

// library answers refusals of the library as the API does.
type library struct{ *Library }

// Delete implements [api.Documents].
func (l library) Delete(kind policies.Kind, name string) error {
	err := l.Library.Delete(kind, name)
	switch {
	case errors.Is(err, ErrNoDocument):
		return api.Refuse(http.StatusNotFound, err)
	case err != nil:
		return api.Refuse(http.StatusConflict, err)
	}
	return nil
}

func (s *Sidecar) showListeners() []api.Listener {
	shown := make([]api.Listener, len(s.servers))
	for i, server := range s.servers {
		shown[i] = api.Listener{Name: server.Name(), Address: server.Addr().String(), Upstream: server.Upstream().String()}
	}
	return shown
}

func (s *Sidecar) showPolicies() []api.Policy {
	var shown []api.Policy
	for _, p := range s.Library.Set().Policies() {
		counts, _ := s.Engine.Counts(p.Name)
		shown = append(shown, api.Policy{
			Name: p.Name, Listener: p.Listener, Percentage: p.Share, Fault: p.Text,
			Arms: api.Arms{Fault: counts.Fault, Control: counts.Control}, Active: counts.Active,
		})
	}
	return shown
}

// Admin is the admin address, and the one for looking only, open and not yet
// serving.
type Admin struct {
	api     *api.API
	servers []*http.Server
	sockets []net.Listener
}

// OpenAdmin opens the addresses for what o offers. Requests that come through a
// forward proxy of this process do not get there.
func (s *Sidecar) OpenAdmin(a AdminOptions, o api.Options) (*Admin, error) {
	admin, err := openAdmin(a, o, s.o.Log)
	if err != nil {
		return nil, err
	}
	for _, socket := range admin.sockets {
		s.own.Add(socket.Addr())
	}
	return admin, nil
}

func openAdmin(a AdminOptions, o api.Options, log *slog.Logger) (*Admin, error) {
	config, err := a.guard(&o)
	if err != nil {
		return nil, err
	}
	admin := &Admin{api: api.New(o)}
	if err := admin.add(api.Server(a.Address, admin.api, config, log)); err != nil {
		return nil, fmt.Errorf("admin address: %w", err)
	}
	if a.Observe == "" {
		return admin, nil
	}
	if err := admin.add(api.Server(a.Observe, api.Observe(o), nil, log)); err != nil {
		return nil, errors.Join(fmt.Errorf("observe address: %w", err), admin.sockets[0].Close())
	}
	return admin, nil
}

// guard completes the options with who may ask.
func (a AdminOptions) guard(o *api.Options) (config *tls.Config, err error) {
	o.Guard = api.Guard{Address: a.Address, ClientCert: a.ClientCAFile != ""}
	if a.TokenFile != "" {
		if o.Guard.Token, err = api.ReadToken(a.TokenFile); err != nil {
			return nil, err
		}
	}
	if a.CertFile != "" || a.KeyFile != "" {
		if config, err = api.TLS(a.CertFile, a.KeyFile, a.ClientCAFile); err != nil {
			return nil, err
		}
	}
	return config, api.CheckAddress(a.Address, config != nil, o.Guard.Token != "" || o.Guard.ClientCert)
}

func (a *Admin) add(s *http.Server) error {
	socket, err := new(net.ListenConfig).Listen(context.Background(), "tcp", s.Addr)
	if err != nil {
		return err
	}
	a.servers, a.sockets = append(a.servers, s), append(a.sockets, socket)
	return nil
}

// Addr returns the address the admin API really has.
func (a *Admin) Addr() string { return a.sockets[0].Addr().String() }

// adminDrain bounds the wait for admin requests at the end.
const adminDrain = 2 * time.Second

// Serve answers until ctx ends.
func (a *Admin) Serve(ctx context.Context) error {
	failed := make(chan error, len(a.servers))
	for i, s := range a.servers {
		go func() {
			if s.TLSConfig != nil {
				failed <- s.ServeTLS(a.sockets[i], "", "")
				return
			}
			failed <- s.Serve(a.sockets[i])
		}()
	}
	waiting := len(a.servers)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		waiting--
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), adminDrain)
	defer cancel()
	for _, s := range a.servers {
		if s.Shutdown(bounded) != nil {
			_ = s.Close() // whoever is still asking is cut
		}
	}
	for range waiting {
		if end := <-failed; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, end)
		}
	}
	return errors.Join(err, a.api.Close(bounded))
}
