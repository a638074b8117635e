package api_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poise-dev/poise/internal/api"
)

func TestTheGuard(t *testing.T) {
	const status = "GET /api/v1/status"
	open := api.Guard{Address: "127.0.0.1:9471"}
	for _, tt := range []struct {
		name    string
		guard   api.Guard
		request string
		host    string
		header  []string
		tls     *tls.ConnectionState
		want    int
	}{
		{name: "a loopback address is this machine", guard: open, request: status, host: "127.0.0.1:9471", want: 200},
		{name: "any port of it is", guard: open, request: status, host: "[::1]:8", want: 200},
		{name: "localhost is this machine", guard: open, request: status, host: "localhost", want: 200},
		{name: "a name below localhost is", guard: open, request: status, host: "poise.localhost:9471", want: 200},
		{name: "a foreign name is refused", guard: open, request: status, host: "evil.example:9471", want: 403},
		{name: "a name that only begins like this machine is refused", guard: open, request: status, host: "127.0.0.1.evil.example", want: 403},
		{name: "a foreign address is refused", guard: open, request: status, host: "10.0.0.7:9471", want: 403},
		{name: "no host is refused", guard: open, request: status, host: "", want: 403},
		{name: "a foreign name is refused for health too", guard: open, request: "GET /healthz", host: "evil.example", want: 403},
		{name: "the configured name is this poise", guard: api.Guard{Address: "poise.shop:9471"}, request: status, host: "POISE.shop:9471", want: 200},
		{name: "a further name is this poise", guard: api.Guard{Hosts: []string{"poise"}}, request: status, host: "poise:9471", want: 200},
		{name: "listening everywhere, any address is this poise", guard: api.Guard{Address: ":9471"}, request: status, host: "10.0.0.7:9471", want: 200},
		{name: "listening everywhere, a name is not", guard: api.Guard{Address: "0.0.0.0:9471"}, request: status, host: "evil.example:9471", want: 403},
		{
			name: "a name the certificate proved is this poise", guard: api.Guard{Address: ":9471"}, request: status, host: "poise.shop:9471",
			tls: &tls.ConnectionState{ServerName: "poise.shop"}, want: 200,
		},
		{
			name: "a name the certificate did not prove is refused", guard: api.Guard{Address: ":9471"}, request: status, host: "evil.example",
			tls: &tls.ConnectionState{ServerName: "poise.shop"}, want: 403,
		},

		{name: "a page of this poise may read", guard: open, request: status, host: "127.0.0.1:9471", header: []string{"Origin: http://127.0.0.1:9471"}, want: 200},
		{name: "a page from elsewhere may not read", guard: open, request: status, host: "127.0.0.1:9471", header: []string{"Origin: https://evil.example"}, want: 403},
		{name: "a page from another port may not read", guard: open, request: status, host: "127.0.0.1:9471", header: []string{"Origin: http://127.0.0.1:8080"}, want: 403},
		{name: "a page from nowhere may not read", guard: open, request: status, host: "127.0.0.1:9471", header: []string{"Origin: null"}, want: 403},
		{name: "a page from elsewhere may not halt", guard: open, request: "POST /api/v1/halt", host: "127.0.0.1:9471", header: []string{"Origin: https://evil.example"}, want: 403},
		{name: "a cross-site form may not halt", guard: open, request: "POST /api/v1/halt", host: "127.0.0.1:9471", header: []string{"Sec-Fetch-Site: cross-site"}, want: 403},

		{name: "a token is asked for", guard: api.Guard{Token: "secret"}, request: status, host: "localhost", want: 401},
		{name: "a halt asks for the token too", guard: api.Guard{Token: "secret"}, request: "POST /api/v1/halt", host: "localhost", want: 401},
		{name: "metrics ask for the token", guard: api.Guard{Token: "secret"}, request: "GET /metrics", host: "localhost", want: 401},
		{name: "the token lets in", guard: api.Guard{Token: "secret"}, request: status, host: "localhost", header: []string{"Authorization: Bearer secret"}, want: 200},
		{name: "another token does not", guard: api.Guard{Token: "secret"}, request: status, host: "localhost", header: []string{"Authorization: Bearer secre"}, want: 401},
		{name: "another scheme does not", guard: api.Guard{Token: "secret"}, request: status, host: "localhost", header: []string{"Authorization: Basic secret"}, want: 401},
		{name: "health needs no token", guard: api.Guard{Token: "secret"}, request: "GET /healthz", host: "localhost", want: 200},
		{name: "readiness needs no token", guard: api.Guard{Token: "secret"}, request: "GET /readyz", host: "localhost", want: 200},
		{name: "a client certificate is asked for", guard: api.Guard{ClientCert: true}, request: status, host: "localhost", want: 401},
		{name: "an empty token is none", guard: api.Guard{ClientCert: true}, request: status, host: "localhost", header: []string{"Authorization: Bearer "}, want: 401},
		{
			name: "a verified client certificate lets in", guard: api.Guard{ClientCert: true, Token: "secret"}, request: status, host: "localhost",
			tls: &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{}}}, want: 200,
		},
		{
			name: "a client certificate nobody verified does not", guard: api.Guard{ClientCert: true}, request: status, host: "localhost",
			tls: &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}, want: 401,
		},
		{
			name: "a client certificate nobody asked for is not a token", guard: api.Guard{Token: "secret"}, request: status, host: "localhost",
			tls: &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{}}}, want: 401,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, func(o *api.Options) { o.Guard = tt.guard })
			method, target, _ := strings.Cut(tt.request, " ")
			r := request(method, target, "")
			r.Host, r.TLS = tt.host, tt.tls
			for _, field := range tt.header {
				name, value, _ := strings.Cut(field, ": ")
				r.Header.Set(name, value)
			}
			w := serve(h.api, r)
			if w.Code != tt.want {
				t.Errorf("%d %s, want %d", w.Code, w.Body, tt.want)
			}
			if asked := w.Header().Get("WWW-Authenticate") != ""; asked != (tt.want == http.StatusUnauthorized) {
				t.Errorf("WWW-Authenticate: %q", w.Header().Get("WWW-Authenticate"))
			}
			if tt.want >= 400 && h.table.Halted() != nil {
				t.Error("a refused request halted poise")
			}
		})
	}
}

func TestCheckAddress(t *testing.T) {
	for _, tt := range []struct {
		address   string
		tls, auth bool
		missing   []string
	}{
		{"127.0.0.1:9471", false, false, nil},
		{"127.8.8.8:9471", false, false, nil},
		{"[::1]:9471", false, false, nil},
		{"localhost:9471", false, false, nil},
		{"0.0.0.0:9471", true, true, nil},
		{":9471", false, false, []string{"TLS", "bearer token", "127.0.0.1"}},
		{"0.0.0.0:9471", true, false, []string{"bearer token"}},
		{"[::]:9471", false, true, []string{"TLS"}},
		{"poise.shop:9471", false, false, []string{"TLS"}},
		{"127.0.0.1.evil.example:9471", false, false, []string{"TLS"}},
		{"9471", false, false, []string{"host:port"}},
	} {
		err := api.CheckAddress(tt.address, tt.tls, tt.auth)
		if (err != nil) != (tt.missing != nil) {
			t.Errorf("%s (TLS %v, auth %v): %v", tt.address, tt.tls, tt.auth, err)
		}
		for _, word := range tt.missing {
			if err != nil && !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not speak of %s", tt.address, err, word)
			}
		}
	}
}

func TestReadToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if _, err := api.ReadToken(file); err == nil {
		t.Error("a token was read from no file")
	}
	for text, want := range map[string]string{" s3cret\n": "s3cret", "\n": ""} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if token, err := api.ReadToken(file); token != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, token, err)
		}
	}
}
