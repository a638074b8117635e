package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// site is where a proxy stands.
type site struct {
	listen, upstream, admin string // host:port
	dir                     string // its own, for its files
}

// write writes one of the proxy's files, and returns its name.
func (s site) write(name, text string) (string, error) {
	file := filepath.Join(s.dir, name)
	return file, os.WriteFile(file, []byte(text), 0o600)
}

// peer is a proxy to measure.
type peer struct {
	name string
	// start writes the proxy's files and returns its command line, which must
	// stay in the foreground and in one process.
	start func(site, rules) ([]string, error)
}

// Why a proxy is not measured.
var (
	errNotHere = errors.New("not installed")
	errCannot  = errors.New("has no such rule")
)

// peers are the proxies of the comparison. One that is not here says so when it
// is started.
func peers(ctx context.Context, o options, dir string) ([]peer, error) {
	all := []peer{
		{"poise", (&ours{binary: o.poise, dir: dir, ctx: ctx}).start},
		{"haproxy", haproxy},
		{"nginx", nginx},
		{"caddy", caddy},
		{"toxiproxy", (&built{pkg: "github.com/Shopify/toxiproxy/v2/cmd/server", dir: dir, ctx: ctx}).toxiproxy},
		{"fasthttp", (&built{pkg: "./fasthttp", dir: dir, ctx: ctx}).fasthttp},
		standard("tuned"), standard("default"),
	}
	if o.peers == nil {
		return all, nil
	}
	var some []peer
	for _, name := range o.peers {
		at := slices.IndexFunc(all, func(p peer) bool { return p.name == name })
		if at < 0 {
			return nil, fmt.Errorf("-peers %s: there is no such proxy", name)
		}
		some = append(some, all[at])
	}
	return some, nil
}

// standard is the standard library's reverse proxy, in a process of its own.
func standard(kind string) peer {
	return peer{"net/http-" + kind, func(s site, r rules) ([]string, error) {
		if !r.none() {
			return nil, errCannot
		}
		self, err := os.Executable()
		return []string{self, "proxy", kind, s.listen, "http://" + s.upstream}, err
	}}
}

// found returns the command line of a proxy that some machines have.
func found(name string, args ...string) ([]string, error) {
	binary, err := exec.LookPath(name)
	if err != nil {
		return nil, errNotHere
	}
	return append([]string{binary}, args...), nil
}

func nginx(s site, r rules) ([]string, error) {
	if r.delay > 0 {
		return nil, errCannot
	}
	var locations, abort, coin strings.Builder
	for i := range r.never {
		fmt.Fprintf(&locations, "    location /never/%d/ { return 503; }\n", i)
	}
	if r.abort > 0 {
		fmt.Fprintf(&coin, "  split_clients $request_id $fault { %d%% 1; * 0; }\n", r.abort)
		abort.WriteString("    if ($fault) { return 503; }\n")
	}
	file, err := s.write("nginx.conf", fmt.Sprintf(`daemon off; master_process off; worker_processes 1;
pid %[1]s/pid; error_log stderr crit; worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http {
  access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s;
  uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  keepalive_requests 1000000000; keepalive_timeout 1h; client_body_buffer_size 64k; proxy_max_temp_file_size 0;
  upstream service { server %[2]s; keepalive 256; keepalive_requests 1000000000; }
%[4]s  server {
    listen %[3]s;
    proxy_http_version 1.1; proxy_set_header Connection "";
%[5]s%[6]s    location / { proxy_pass http://service; }
  }
}
`, s.dir, s.upstream, s.listen, &coin, &abort, &locations))
	if err != nil {
		return nil, err
	}
	return found("nginx", "-e", "stderr", "-c", file)
}

// haproxy waits by a line of Lua: it has no delay of its own.
func haproxy(s site, r rules) ([]string, error) {
	var lua string
	var faults strings.Builder
	for i := range r.never {
		fmt.Fprintf(&faults, "  http-request return status 503 if METH_GET { path_beg /never/%d/ }\n", i)
	}
	if r.abort > 0 {
		fmt.Fprintf(&faults, "  http-request return status 503 if { rand(100) lt %d }\n", r.abort)
	}
	if r.delay > 0 {
		script, err := s.write("delay.lua", fmt.Sprintf(
			"core.register_action('delay', {'http-req'}, function(txn) core.msleep(%d) end)\n", r.delay.Milliseconds()))
		if err != nil {
			return nil, err
		}
		lua = "  lua-load " + script + "\n"
		fmt.Fprintf(&faults, "  http-request lua.delay if { rand(100) lt %d }\n", r.delayed)
	}
	file, err := s.write("haproxy.cfg", fmt.Sprintf(`global
  nbthread 1
  maxconn 4096
%sdefaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  http-reuse always
  option splice-auto
frontend in
  bind %s
%s  default_backend service
backend service
  server one %s
`, lua, s.listen, &faults, s.upstream))
	if err != nil {
		return nil, err
	}
	return found("haproxy", "-db", "-f", file)
}

func caddy(s site, r rules) ([]string, error) {
	if r.abort > 0 || r.delay > 0 {
		return nil, errCannot
	}
	_, port, _ := strings.Cut(s.listen, ":")
	var never strings.Builder
	for i := range r.never {
		fmt.Fprintf(&never, "  @r%[1]d path /never/%[1]d/*\n  respond @r%[1]d 503\n", i)
	}
	file, err := s.write("Caddyfile", fmt.Sprintf(`{
  admin off
  auto_https off
}
http://:%s {
  bind 127.0.0.1
%s  reverse_proxy %s {
    transport http {
      keepalive_idle_conns 4096
      keepalive_idle_conns_per_host 4096
      compression off
    }
  }
}
`, port, &never, s.upstream))
	if err != nil {
		return nil, err
	}
	return found("caddy", "run", "--adapter", "caddyfile", "--config", file)
}

// built is a proxy made of a module of its own, in the folder peers.
type built struct {
	pkg, dir string
	ctx      context.Context //nolint:containedctx // of the whole run
	binary   string
}

// make builds the proxy, once. Where its module cannot be had, it is not here.
func (b *built) make() error {
	if b.binary != "" {
		return nil
	}
	binary := filepath.Join(b.dir, strings.ReplaceAll(strings.TrimPrefix(b.pkg, "./"), "/", "-"))
	here, err := exec.CommandContext(b.ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, b.pkg) //nolint:gosec // a constant
	cmd.Dir = filepath.Join(strings.TrimSpace(string(here)), "bench", "peers")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if cmd.Run() != nil {
		return errNotHere
	}
	b.binary = binary
	return nil
}

func (b *built) fasthttp(s site, r rules) ([]string, error) {
	if !r.none() {
		return nil, errCannot
	}
	err := b.make()
	return []string{b.binary, s.listen, s.upstream}, err
}

// toxiproxy passes bytes: it can hold a connection back, not a request.
func (b *built) toxiproxy(s site, r rules) ([]string, error) {
	if !r.none() {
		return nil, errCannot
	}
	file, err := s.write("toxiproxy.json", fmt.Sprintf(`[{"name": "service", "listen": %q, "upstream": %q, "enabled": true}]`, s.listen, s.upstream))
	if err != nil {
		return nil, err
	}
	if err := b.make(); err != nil {
		return nil, err
	}
	host, port, _ := strings.Cut(s.admin, ":")
	return []string{b.binary, "-host", host, "-port", port, "-config", file}, nil
}
