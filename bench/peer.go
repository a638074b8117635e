package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// site is where a proxy stands.
type site struct {
	listen, upstream, admin string // host:port
	dir                     string // its own, for its files
}

// peer is a proxy to measure.
type peer struct {
	name string
	// start writes the proxy's files and returns its command line, which must
	// stay in the foreground and in one process.
	start func(site) ([]string, error)
}

// peers are all proxies of the comparison, the base of the ratios first. One
// that is not here says so when it is started.
func peers(ctx context.Context, o options, dir string) []peer {
	all := []peer{standard("default"), standard("tuned")}
	binary, err := filepath.Abs(o.poise)
	if o.poise == "" {
		binary, err = build(ctx, dir)
	}
	for _, policies := range []int{0, 100, 10_000} {
		all = append(all, poise(binary, err, policies))
	}
	return append(all, installed("nginx", nginx), installed("haproxy", haproxy))
}

// errNotHere marks a proxy that was not expected to be on every machine.
var errNotHere = errors.New("not installed")

// standard is the standard library's reverse proxy, in a process of its own.
func standard(kind string) peer {
	return peer{"net/http " + kind, func(s site) ([]string, error) {
		self, err := os.Executable()
		return []string{self, "proxy", kind, s.listen, "http://" + s.upstream}, err
	}}
}

// build makes the small binary the way it is released.
func build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "poise-proxy")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, //nolint:gosec // our own folder
		"github.com/poise-dev/poise/cmd/poise-proxy")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/poise-proxy: %w: %s", err, said)
	}
	return binary, nil
}

// poise is our data plane with policies that match no request of the load. They
// are live, so each request is really held against them.
func poise(binary string, err error, policies int) peer {
	return peer{fmt.Sprintf("poise, %d policies", policies), func(s site) ([]string, error) {
		if err != nil {
			return nil, err
		}
		args := []string{binary, "--listen", s.listen, "--upstream", "http://" + s.upstream, "--admin", s.admin}
		if policies > 0 {
			args = append(args, "--unguarded")
		}
		for i, text := range neverMatching(policies) {
			file := filepath.Join(s.dir, fmt.Sprintf("policies-%d.yaml", i))
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				return nil, err
			}
			args = append(args, "-f", file)
		}
		return args, nil
	}}
}

// inFile is how many policies are written to one file, whose size is bounded.
const inFile = 2_500

// neverMatching writes n policies, each for a path nobody asks for, as the
// texts of several files.
func neverMatching(n int) []string {
	var texts []string
	for first := 0; first < n; first += inFile {
		var text strings.Builder
		for i := range min(inFile, n-first) {
			fmt.Fprintf(&text, `---
apiVersion: poise.dev/v1alpha1
kind: FaultPolicy
metadata: {name: never-%[1]d}
spec:
  match: [{methods: [GET], path: {prefix: /never/%[1]d}}]
  percentage: 100
  fault: {abort: {status: 503}}
`, first+i)
		}
		texts = append(texts, text.String())
	}
	return texts
}

// installed is a proxy that some machines have.
func installed(name string, config func(site) (text, flag string)) peer {
	return peer{name, func(s site) ([]string, error) {
		binary, err := exec.LookPath(name)
		if err != nil {
			return nil, errNotHere
		}
		text, flag := config(s)
		file := filepath.Join(s.dir, name+".conf")
		return append([]string{binary}, append(strings.Fields(flag), file)...), os.WriteFile(file, []byte(text), 0o600)
	}}
}

func nginx(s site) (text, flag string) {
	return fmt.Sprintf(`daemon off; master_process off; worker_processes 1;
pid %[1]s/pid; error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s;
  uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  keepalive_requests 1000000000;
  upstream service { server %[2]s; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen %[3]s;
    location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`, s.dir, s.upstream, s.listen), "-e stderr -c"
}

func haproxy(s site) (text, flag string) {
	return fmt.Sprintf(`global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend in
  bind %s
  default_backend service
backend service
  server one %s
`, s.listen, s.upstream), "-db -f"
}
