package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/api"
)

func TestGoingDownReleasesThoseWhoWait(t *testing.T) {
	h := newHouse(t, nil)
	server, url := start(t, h, nil)
	answered := make(chan string, 1)
	go func() {
		resp, err := http.Get(url + "/api/v1/runs/r1/wait?timeout=5m")
		if err != nil {
			answered <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answered <- string(body)
	}()
	<-h.runs.waits
	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if body := <-answered; !strings.Contains(body, `"state":"injecting"`) {
		t.Error(body)
	}
}

func TestAClientCertificateLetsInOverTLS(t *testing.T) {
	cert, key := selfSigned(t)
	config, err := api.TLS(cert, key, cert)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(o *api.Options) { o.Guard = api.Guard{ClientCert: true} })
	_, url := start(t, h, config)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		certs  []tls.Certificate
		target string
		status int
	}{
		"with it":               {[]tls.Certificate{pair}, "/api/v1/status", 200},
		"without it":            {nil, "/api/v1/status", 401},
		"without it, to health": {nil, "/healthz", 200},
	} {
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: config.ClientCAs, Certificates: tt.certs},
		}}
		resp, err := client.Get(url + tt.target)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		client.CloseIdleConnections()
		if resp.StatusCode != tt.status {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, tt.status)
		}
	}
}

func TestTLSSaysWhatIsWrong(t *testing.T) {
	cert, key := selfSigned(t)
	if _, err := api.TLS("none.pem", key, ""); err == nil || !strings.Contains(err.Error(), "admin.tls") {
		t.Error(err)
	}
	if _, err := api.TLS(cert, key, key); err == nil || !strings.Contains(err.Error(), "clientCAFile") {
		t.Error(err)
	}
}

// start serves the house on a real socket and returns its URL.
func start(t *testing.T, h *house, config *tls.Config) (server *http.Server, url string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server = api.Server(listener.Addr().String(), h.api, config, nil)
	scheme, serve := "http://", server.Serve
	if config != nil {
		scheme, serve = "https://", func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	done := make(chan error, 1)
	go func() { done <- serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return server, scheme + listener.Addr().String()
}

// selfSigned writes a certificate for 127.0.0.1 that is its own authority.
func selfSigned(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "poise"},
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
}
