package proxy_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/proxy"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // its own certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{file: filepath.Join(t.TempDir(), "ca.crt")}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: t.Name()}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	writePEM(t, a.file, "CERTIFICATE", der)
	return a
}

// sign writes a certificate for these names (127.0.0.1 among them) and its key.
func (a *authority) sign(t *testing.T, certFile, keyFile string, names ...string) {
	t.Helper()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if u, err := url.Parse(name); err == nil && u.Scheme != "" {
			template.URIs = append(template.URIs, u)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := x509.MarshalPKCS8PrivateKey(key)
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "PRIVATE KEY", secret)
}

// pair returns the files of a certificate for these names.
func (a *authority) pair(t *testing.T, names ...string) (certFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	a.sign(t, certFile, keyFile, names...)
	return certFile, keyFile
}

// trusted returns a client configuration that trusts the authority.
func (a *authority) trusted() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{RootCAs: pool}
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// secure is a client over TLS that speaks HTTP/2 or HTTP/1.1 only.
func secure(t *testing.T, config *tls.Config, http2 bool) *http.Client {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: config, Protocols: new(http.Protocols)}
	tr.Protocols.SetHTTP2(http2)
	tr.Protocols.SetHTTP1(!http2)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// get returns the body of an answer, or the error.
func get(client *http.Client, url string) string {
	answer, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// echo tells what arrived.
func echo(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, r.Proto, " ", r.Header.Get("X-Forwarded-Proto"))
}

func TestTLSIsTakenOffForBothProtocols(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.pair(t)
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	upstream.Config.Protocols = new(http.Protocols)
	upstream.Config.Protocols.SetHTTP1(true)
	upstream.Config.Protocols.SetUnencryptedHTTP2(true)
	upstream.Start()
	defer upstream.Close()
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: upstream.URL, TLS: proxy.TLS{CertFile: cert, KeyFile: key}})
	for want, http2 := range map[string]bool{"HTTP/2.0 https": true, "HTTP/1.1 https": false} {
		client := secure(t, ca.trusted(), http2)
		if got := get(client, "https://"+s.Addr().String()); got != want {
			t.Errorf("upstream saw %q, want %q", got, want)
		}
	}
	if got := get(http.DefaultClient, "http://"+s.Addr().String()); !strings.Contains(got, "EOF") && !strings.Contains(got, "reset") && !strings.Contains(got, "malformed") {
		t.Errorf("cleartext on a TLS listener is answered %q", got)
	}
	if got := metric(t, s, "poise_connections_refused_total", "tls"); got != 1 {
		t.Errorf("%v failed handshakes are counted, want 1", got)
	}
}

func TestHTTP2LeavesAsHTTP1WhereTheUpstreamSpeaksNothingElse(t *testing.T) {
	var asked []string
	only1 := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method)
		w.Header().Set("Trailer", "X-Sum")
		fmt.Fprint(w, r.Proto)
		w.Header().Set("X-Sum", "9")
	}))
	only1.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	defer only1.Close()
	ca := newAuthority(t)
	cert, key := ca.pair(t)
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: only1.URL, TLS: proxy.TLS{CertFile: cert, KeyFile: key}})
	client := secure(t, ca.trusted(), true)
	for range 3 {
		answer, err := client.Post("https://"+s.Addr().String(), "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.Proto != "HTTP/2.0" || string(body) != "HTTP/1.1" || answer.Trailer.Get("X-Sum") != "9" {
			t.Errorf("%s, upstream saw %s, trailer %q", answer.Proto, body, answer.Trailer.Get("X-Sum"))
		}
	}
	posts := 0
	for _, method := range asked {
		if method == http.MethodPost {
			posts++
		}
	}
	if posts != 3 || len(asked) > 4 { // one may have been the probe
		t.Errorf("the upstream was asked %v, want three times, and once at most what it speaks", asked)
	}
}

func TestAnOldProtocolOfTLSIsRefused(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.pair(t)
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: "http://127.0.0.1:1", TLS: proxy.TLS{CertFile: cert, KeyFile: key}})
	old := ca.trusted()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if c, err := tls.Dial("tcp", s.Addr().String(), old); err == nil {
		c.Close()
		t.Error("TLS 1.1 was accepted")
	}
}

func TestACertificateIsReadAgainWhenItChanges(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.pair(t, "first.local")
	s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: "http://127.0.0.1:1", TLS: proxy.TLS{CertFile: cert, KeyFile: key}})
	name := func() string {
		c, err := tls.Dial("tcp", s.Addr().String(), ca.trusted())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].DNSNames[0]
	}
	until := func(want string) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); name() != want; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the certificate is that of %s, want %s", name(), want)
			}
		}
	}
	until("first.local")
	ca.sign(t, cert, key, "second.local")
	until("second.local")
	os.WriteFile(key, []byte("no key at all"), 0o600)
	for deadline := time.Now().Add(10 * time.Second); metric(t, s, "poise_certificate_reload_failures_total", "") == 0; time.Sleep(50 * time.Millisecond) {
		if name() != "second.local" {
			t.Fatal("a key that is of no use replaced a good one")
		}
		if time.Now().After(deadline) {
			t.Fatal("a key that is of no use was never noticed")
		}
	}
	until("second.local")
	ca.sign(t, cert, key, "third.local")
	until("third.local")
	if got := metric(t, s, "poise_certificate_reload_failures_total", ""); got != 1 {
		t.Errorf("%v changes of no use are counted, want 1: each is told once", got)
	}
}

func TestACallerIsMatchedByTheIdentityItProved(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.pair(t)
	const web = "spiffe://mesh/ns/shop/sa/web"
	e := faulttest.Engine(t, faulttest.Compile(t,
		faulttest.Policy("web", "{match: [{source: {identities: ['"+web+"']}}], percentage: 100, fault: {abort: {status: 503, body: web}}}")+
			faulttest.Policy("batch", "{match: [{source: {identities: [batch.local]}}], percentage: 100, fault: {abort: {status: 503, body: batch}}}")),
		faulttest.NewPermit("web", "batch"), faulttest.Always)
	upstream := upstream(t)
	s := start(t, e, proxy.Listener{Upstream: "h2c://" + upstream, TLS: proxy.TLS{CertFile: cert, KeyFile: key, ClientCAFile: ca.file}})
	client := func(by *authority, http2 bool, names ...string) *http.Client {
		config := ca.trusted()
		pair, err := tls.LoadX509KeyPair(by.pair(t, names...))
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
		return secure(t, config, http2)
	}
	for _, http2 := range []bool{false, true} {
		for name, tc := range map[string]struct{ identity, want string }{
			"by URI":      {web, "web"},
			"by DNS name": {"batch.local", "batch"},
		} {
			if got := get(client(ca, http2, tc.identity), "https://"+s.Addr().String()); got != tc.want {
				t.Errorf("%s, HTTP/2 %v: %q, want %q", name, http2, got, tc.want)
			}
		}
	}
	if got := get(client(newAuthority(t), false, web), "https://"+s.Addr().String()); !strings.Contains(got, "tls:") && !strings.Contains(got, "reset") {
		t.Errorf("a certificate of somebody else's authority is answered %q", got)
	}
	if got := get(secure(t, ca.trusted(), false), "https://"+s.Addr().String()); !strings.Contains(got, "tls:") && !strings.Contains(got, "reset") {
		t.Errorf("no certificate is answered %q", got)
	}
}

func TestTLSIsPutOnTowardsTheUpstream(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	certFile, keyFile := ca.pair(t, "payment.local")
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	start2 := func(http2 bool) string {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			names := "nobody"
			if len(r.TLS.PeerCertificates) > 0 {
				names = r.TLS.PeerCertificates[0].DNSNames[0]
			}
			fmt.Fprint(w, r.Proto, " ", names, " ", r.TLS.ServerName)
		}))
		s.EnableHTTP2 = http2
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0) // callers break handshakes off on purpose
		s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert}
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	myCert, myKey := ca.pair(t, "poise.local")
	both, only1 := start2(true), start2(false)
	for name, tc := range map[string]struct {
		url   string
		tls   proxy.UpstreamTLS
		http2 bool
		want  string
	}{
		"HTTP/1.1 leaves as such":                   {both, proxy.UpstreamTLS{CAFile: ca.file}, false, "HTTP/1.1 nobody "},
		"HTTP/2 leaves as such":                     {both, proxy.UpstreamTLS{CAFile: ca.file}, true, "HTTP/2.0 nobody "},
		"HTTP/2 to an upstream that only speaks 1":  {only1, proxy.UpstreamTLS{CAFile: ca.file}, true, "HTTP/1.1 nobody "},
		"a certificate is shown":                    {both, proxy.UpstreamTLS{CAFile: ca.file, CertFile: myCert, KeyFile: myKey}, true, "HTTP/2.0 poise.local "},
		"another name than the host's is asked for": {both, proxy.UpstreamTLS{CAFile: ca.file, ServerName: "payment.local"}, true, "HTTP/2.0 nobody payment.local"},
		"a name the certificate does not have":      {both, proxy.UpstreamTLS{CAFile: ca.file, ServerName: "shop.local"}, true, "502 poise; error=tls_certificate_error"},
		"an authority nobody trusts":                {both, proxy.UpstreamTLS{CAFile: other.file}, false, "502 poise; error=tls_certificate_error"},
		"by default the system's authorities count": {both, proxy.UpstreamTLS{}, false, "502 poise; error=tls_certificate_error"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: tc.url, UpstreamTLS: tc.tls})
			client := &http.Client{Transport: &http.Transport{}}
			if tc.http2 {
				client = h2c(t)
			}
			for range 3 { // connections are kept, and what is known of the upstream too
				answer, err := client.Get("http://" + s.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(answer.Body)
				answer.Body.Close()
				got := string(body)
				if answer.StatusCode != 200 {
					got = fmt.Sprint(answer.StatusCode, " ", answer.Header.Get("Proxy-Status"))
				}
				if got != tc.want {
					t.Errorf("%q, want %q", got, tc.want)
				}
			}
			client.CloseIdleConnections()
		})
	}
}

func TestAnUpstreamThatBreaksTLSOffIsToldByName(t *testing.T) {
	ca := newAuthority(t)
	pair, err := tls.LoadX509KeyPair(ca.pair(t))
	if err != nil {
		t.Fatal(err)
	}
	strict := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	strict.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	strict.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert}
	strict.StartTLS()
	defer strict.Close()
	for want, url := range map[string]string{
		"tls_alert_received": strict.URL, "tls_protocol_error": "https://" + upstream(t),
	} {
		s := start(t, fault.New(fault.Options{}), proxy.Listener{Upstream: url, UpstreamTLS: proxy.UpstreamTLS{CAFile: ca.file}})
		answer, err := exchange(s.Addr().String(), plain)
		if err != nil || answer.status != 502 || answer.header.Get("Proxy-Status") != "poise; error="+want {
			t.Errorf("%v, %v; want 502 with %s", answer, err, want)
		}
	}
}

func TestCertificatesOfNoUseAreRefusedAtTheStart(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.pair(t)
	_, foreign := ca.pair(t)
	for name, tc := range map[string]struct {
		listener proxy.Listener
		want     string
	}{
		"no key":               {proxy.Listener{TLS: proxy.TLS{CertFile: cert}}, "tls needs both certFile and keyFile"},
		"another's key":        {proxy.Listener{TLS: proxy.TLS{CertFile: cert, KeyFile: foreign}}, "certificate " + cert + " with key " + foreign},
		"a file that is not":   {proxy.Listener{TLS: proxy.TLS{CertFile: "nowhere.crt", KeyFile: key}}, "nowhere.crt"},
		"no authority in it":   {proxy.Listener{TLS: proxy.TLS{CertFile: cert, KeyFile: key, ClientCAFile: key}}, key + ": there is no certificate in it"},
		"upstream, half":       {proxy.Listener{UpstreamTLS: proxy.UpstreamTLS{KeyFile: key}}, "upstreamTLS needs certFile and keyFile together"},
		"upstream, no CA file": {proxy.Listener{UpstreamTLS: proxy.UpstreamTLS{CAFile: "nowhere.crt"}}, "nowhere.crt"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.listener.Name, tc.listener.Address, tc.listener.Upstream = "a", "127.0.0.1:0", "https://127.0.0.1:1"
			_, err := proxy.Listen(fault.New(fault.Options{}), tc.listener, nil)
			if err == nil || !strings.HasPrefix(err.Error(), `listener "a": `) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one of listener \"a\" with %q", err, tc.want)
			}
		})
	}
}

func TestABrokenConnectionIsBrokenUnderTLSToo(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.pair(t)
	for fault, want := range map[string]string{"reset": "connection reset by peer", "close": io.EOF.Error()} {
		e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", "{percentage: 100, fault: {abort: {connection: "+fault+"}}}")), faulttest.NewPermit("p"), faulttest.Always)
		s := start(t, e, proxy.Listener{Upstream: "http://127.0.0.1:1", TLS: proxy.TLS{CertFile: cert, KeyFile: key}})
		c, err := tls.Dial("tcp", s.Addr().String(), ca.trusted())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if _, err := c.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the caller meets %v, want %s", fault, err, want)
		}
		c.Close()
	}
}

// start opens a listener and carries requests until the test ends.
func start(t *testing.T, e *fault.Engine, l proxy.Listener) *proxy.Server {
	t.Helper()
	s, err := listenAs(t, e, l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// metric returns what a server counts, under a reason where there are several.
func metric(t *testing.T, s *proxy.Server, name, reason string) (sum float64) {
	t.Helper()
	for line := range strings.Lines(gather(t, s)) {
		if strings.HasPrefix(line, name+"{") && strings.Contains(line, reason) {
			var value float64
			if _, err := fmt.Sscan(line[strings.LastIndexByte(line, ' '):], &value); err != nil {
				t.Fatal(err)
			}
			sum += value
		}
	}
	return sum
}
