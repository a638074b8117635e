package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// Guard says who may ask the admin address. A page in somebody's browser may
// not: not by its own requests (Origin), and not by a name it makes point here
// (Host, DNS rebinding). The zero Guard lets in whoever reaches a loopback
// name.
type Guard struct {
	// Address is the address that is listened on, as configured.
	Address string
	// Hosts are further names the address goes by.
	Hosts []string
	// Token is the bearer token that is asked for. Empty: none.
	Token string
	// ClientCert: a verified client certificate is asked for, unless the token is
	// given.
	ClientCert bool
}

// ReadToken reads a bearer token from a file; white space around it is ignored.
func ReadToken(file string) (string, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the file is the operator's choice
	if err != nil {
		return "", fmt.Errorf("read admin.tokenFile: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf("read admin.tokenFile: %s is empty; put a long random token into it", file)
	}
	return token, nil
}

// CheckAddress says why the admin address may not be served: whoever reaches it
// can start and stop faults, so that beyond this machine it needs TLS, and a
// token or client certificates.
func CheckAddress(address string, tls, auth bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("admin address %q: %w; expected host:port", address, err)
	}
	if loopback(host) || tls && auth {
		return nil
	}
	var missing []string
	if !tls {
		missing = append(missing, "TLS (admin.tls.certFile and keyFile)")
	}
	if !auth {
		missing = append(missing, "a bearer token (admin.tokenFile) or client certificates (admin.tls.clientCAFile)")
	}
	return fmt.Errorf("admin address %q can be reached from other machines and lacks %s; "+
		"add that, or listen on 127.0.0.1", address, strings.Join(missing, " and "))
}

// protect refuses foreign requests (403) and those without credentials (401).
func (g Guard) protect(next http.Handler) http.Handler {
	browsers := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := g.checkHost(r)
		if err == nil {
			err = checkOrigin(r)
		}
		if err == nil {
			err = browsers.Check(r)
		}
		if err != nil {
			writeProblem(w, Refuse(http.StatusForbidden, err))
			return
		}
		if !isHealth(r.URL.Path) && !g.knows(r) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="poise"`)
			writeProblem(w, refuse(http.StatusUnauthorized, "the admin address asks for %s", g.credentials()))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isHealth tells the paths that need no credentials.
func isHealth(path string) bool { return path == "/healthz" || path == "/readyz" }

// checkHost lets in requests for a loopback name or address, for the address
// that was configured (any address, when that is all of them), or for a name
// the server has proved to be with its certificate.
func (g Guard) checkHost(r *http.Request) error {
	host := hostOf(r.Host)
	listening, _, _ := net.SplitHostPort(g.Address)
	switch {
	case host == "":
		return errors.New("the request names no Host")
	case loopback(host), strings.EqualFold(host, strings.Trim(listening, "[]")):
		return nil
	case wildcard(listening) && isAddress(host):
		return nil
	case r.TLS != nil && r.TLS.ServerName != "" && strings.EqualFold(host, r.TLS.ServerName):
		return nil
	}
	for _, name := range g.Hosts {
		if strings.EqualFold(host, name) {
			return nil
		}
	}
	return fmt.Errorf("host %q is not this poise; ask for %s", r.Host, g.Address)
}

// checkOrigin refuses what a page from elsewhere asks, also when it only reads.
func checkOrigin(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	if u, err := url.Parse(origin); err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host) {
		return nil
	}
	return fmt.Errorf("origin %q is not this poise", origin)
}

// knows tells whether the request has the credentials that are asked for.
func (g Guard) knows(r *http.Request) bool {
	if g.Token == "" && !g.ClientCert {
		return true
	}
	if g.ClientCert && r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	got, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(g.Token))
	return g.Token != "" && strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func (g Guard) credentials() string {
	switch {
	case g.Token == "":
		return "a client certificate"
	case g.ClientCert:
		return "a client certificate or a bearer token"
	default:
		return "a bearer token"
	}
}

// hostOf returns a Host without port and brackets.
func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return strings.Trim(host, "[]")
}

// loopback tells whether a host cannot be anywhere but on this machine.
func loopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 section 6.3
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func wildcard(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
