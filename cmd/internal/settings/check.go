package settings

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/poise-dev/poise/proxy"
)

// check reports everything that is wrong, and everything that comes with a
// later version: a setting that would do nothing is not accepted in silence.
func (s *Settings) check() error {
	var wrong []error
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	names := map[string]bool{}
	for i, l := range s.Listeners {
		where := fmt.Sprintf("listeners[%d]", i)
		if l.Name != "" {
			where = fmt.Sprintf("listener %q", l.Name)
		}
		wrong = append(wrong, l.check(where)...)
		if names[l.Name] {
			add("%s: the name is taken by another listener; give each its own", where)
		}
		names[l.Name] = true
	}
	oneOf := func(setting, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			add("%s: %q is unknown (expected %s)", setting, value, strings.Join(allowed, ", "))
		}
	}
	oneOf("log.level", s.Log.Level, "debug", "info", "warn", "error")
	oneOf("log.format", s.Log.Format, "text", "json")
	oneOf("marks", s.Marks, "internal", "never", "always")
	// YAML reads a bare on as text and off as text too; true and false are
	// understood for those who write them.
	switch s.ForwardedHeaders {
	case "true", "1":
		s.ForwardedHeaders = "on"
	case "false", "0":
		s.ForwardedHeaders = "off"
	}
	oneOf("forwardedHeaders", s.ForwardedHeaders, "on", "off")
	if s.Drain < 0 {
		add("drain: %s is negative (expected a duration such as 30s)", s.Drain)
	}
	if !(s.MaxExposure > 0 && s.MaxExposure <= 100) {
		add("maxExposure: %g is not a percentage (expected a number above 0, at most 100)", s.MaxExposure)
	}
	if s.Data == "" {
		add("data: is empty (expected a directory for the record)")
	}
	later := func(set bool, setting string) {
		if set {
			add("%s is not available yet; remove it", setting)
		}
	}
	url, _ := s.Metrics.Prometheus["url"].(string)
	later(url != "" || len(s.Metrics.Prometheus) > 1, "metrics.prometheus")
	later(len(s.Metrics.Scrape) > 0, "metrics.scrape")
	later(s.Control.Address != "" || len(s.Control.TLS) > 0, "control")
	return errors.Join(wrong...)
}

// check returns what is wrong with a listener; where names it.
func (l Listener) check(where string) (wrong []error) {
	add := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%s: "+format, append([]any{where}, args...)...))
	}
	if l.Name == "" {
		add("name is missing; policies and objectives refer to it")
	}
	if l.Address == "" {
		add("address is missing (expected HOST:PORT or unix:/PATH; for a single listener, --listen)")
	} else if !validAddress(l.Address) {
		add("address %q is not one (expected HOST:PORT or unix:/PATH)", l.Address)
	}
	switch l.Mode {
	case "", "reverse":
		if err := checkUpstream(l.Upstream); err != nil {
			add("%w", err)
		}
	case modeForward:
		if l.Upstream != "" {
			add("upstream has no place beside mode forward: requests say where they go; remove one of the two")
		}
		if l.UpstreamTLS.ServerName != "" {
			add("upstreamTLS.serverName has no place beside mode forward: every host has its own name; remove it")
		}
	case "transparent":
		add("mode %s is not available yet", l.Mode)
	default:
		add("mode %q is unknown (expected reverse, forward)", l.Mode)
	}
	if l.TLS != (TLS{}) {
		pair("tls", l.TLS.CertFile, l.TLS.KeyFile, true, add)
	}
	pair("upstreamTLS", l.UpstreamTLS.CertFile, l.UpstreamTLS.KeyFile, false, add)
	if l.UpstreamTLS != (UpstreamTLS{}) && !l.mayUseTLS() {
		add("upstreamTLS is of no use with upstream %s (expected https://)", l.Upstream)
	}
	if len(l.Trust.CIDRs)+len(l.Trust.Identities) > 0 {
		add("trust is not available yet; remove it")
	}
	return wrong
}

// modeForward is the mode of a forward proxy.
const modeForward = "forward"

// mayUseTLS says whether the listener can meet an upstream that speaks TLS.
func (l Listener) mayUseTLS() bool {
	return l.Mode == modeForward || strings.HasPrefix(l.Upstream, "https:")
}

// pair checks that a certificate and its key come together.
func pair(setting, certFile, keyFile string, required bool, add func(string, ...any)) {
	switch {
	case certFile == "" && keyFile != "", certFile == "" && required:
		add("%s.certFile is missing; a certificate and its key come together", setting)
	case keyFile == "" && (certFile != "" || required):
		add("%s.keyFile is missing; a certificate and its key come together", setting)
	}
}

// validAddress says whether something can listen on an address.
func validAddress(text string) bool {
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		return path != ""
	}
	_, port, err := net.SplitHostPort(text)
	return err == nil && port != ""
}

func checkUpstream(text string) error {
	if text == "" {
		return errors.New("upstream is missing (expected http://HOST:PORT, h2c://HOST:PORT or unix:/PATH; for a single listener, --upstream)")
	}
	_, err := proxy.ParseUpstream(text)
	return err
}
