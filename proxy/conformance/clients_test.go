//go:build e2e

package conformance_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poise-dev/poise/proxy"
)

// serveAll answers what the clients ask for.
func serveAll(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/get":
		w.Header().Set("X-Query", r.URL.RawQuery)
		fmt.Fprint(w, "fine")
	case "/post": // the sum of what was sent
		sum := sha256.New()
		n, _ := io.Copy(sum, r.Body)
		fmt.Fprintf(w, "%d %x", n, sum.Sum(nil))
	case "/large":
		w.Header().Set("Content-Length", fmt.Sprint(1<<20))
		w.Write(make([]byte, 1<<20))
	case "/chunked":
		w.Header().Set("Trailer", "X-Sum")
		for i := range 3 {
			fmt.Fprintf(w, "part %d\n", i)
			http.NewResponseController(w).Flush()
		}
		w.Header().Set("X-Sum", "3")
	case "/redirect":
		http.Redirect(w, r, "/get", http.StatusFound)
	case "/nothing":
		w.WriteHeader(http.StatusNoContent)
	default:
		http.NotFound(w, r)
	}
}

// ways are how a client reaches the upstream.
type way struct {
	base string   // of addresses
	env  []string // the client's environment
}

func ways(t *testing.T) map[string]way {
	t.Helper()
	address, secure := upstream(t, serveAll), certificate(t)
	forward := "http://" + listen(t, proxy.Listener{Forward: true})
	trust := []string{"NODE_EXTRA_CA_CERTS=" + secure.CertFile, "SSL_CERT_FILE=" + secure.CertFile, "CURL_CA_BUNDLE=" + secure.CertFile, "NO_PROXY=", "no_proxy="}
	tunnelled := listen(t, proxy.Listener{Upstream: "http://" + address, TLS: secure})
	return map[string]way{
		"HTTP/1.1":        {"http://" + listen(t, proxy.Listener{Upstream: "http://" + address}), trust},
		"TLS":             {"https://" + listen(t, proxy.Listener{Upstream: "http://" + address, TLS: secure}), trust},
		"a forward proxy": {"http://" + address, append([]string{"http_proxy=" + forward, "HTTP_PROXY=" + forward}, trust...)},
		"a tunnel":        {"https://" + tunnelled, append([]string{"https_proxy=" + forward, "HTTPS_PROXY=" + forward}, trust...)},
	}
}

func TestCurl(t *testing.T) {
	need(t, "curl")
	file := filepath.Join(t.TempDir(), "body")
	body := strings.Repeat("poise", 100_000)
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%d %x", len(body), sha256.Sum256([]byte(body)))
	for name, way := range ways(t) {
		for test, tc := range map[string]struct {
			args []string
			want string
		}{
			"GET":                            {[]string{"/get?q=;%zz"}, "fine"},
			"a header of the answer":         {[]string{"-o", "/dev/null", "-w", "%{http_code} %header{x-query}", "/get?a=1;b"}, "200 a=1;b"},
			"POST":                           {[]string{"--data-binary", "@" + file, "/post"}, sum},
			"POST in chunks":                 {[]string{"-H", "Transfer-Encoding: chunked", "--data-binary", "@" + file, "/post"}, sum},
			"POST that asks first":           {[]string{"-H", "Expect: 100-continue", "--data-binary", "@" + file, "/post"}, sum},
			"HEAD":                           {[]string{"-I", "-o", "/dev/null", "-w", "%{http_code} %header{content-length}", "/large"}, "200 1048576"},
			"a large answer":                 {[]string{"-o", "/dev/null", "-w", "%{size_download}", "/large"}, "1048576"},
			"an answer in chunks":            {[]string{"/chunked"}, "part 0\npart 1\npart 2\n"},
			"a redirect is not followed":     {[]string{"-o", "/dev/null", "-w", "%{http_code}", "/redirect"}, "302"},
			"a redirect is followed by curl": {[]string{"-L", "/redirect"}, "fine"},
			"no content":                     {[]string{"-o", "/dev/null", "-w", "%{http_code}", "/nothing"}, "204"},
			"HTTP/1.0":                       {[]string{"--http1.0", "/get"}, "fine"},
			"HTTP/1.1 by name":               {[]string{"--http1.1", "/get"}, "fine"},
			"several on one connection":      {[]string{"/get", "/get", "/get"}, "finefinefine"},
		} {
			t.Run(name+", "+test, func(t *testing.T) {
				args := []string{"-sS", "--max-time", "20"}
				for _, arg := range tc.args {
					if strings.HasPrefix(arg, "/") && arg != "/dev/null" {
						arg = way.base + arg
					}
					args = append(args, arg)
				}
				if out, err := run(t, way.env, "curl", args...); err != nil || out != tc.want {
					t.Errorf("%v, %.200q; want %.200q", err, out, tc.want)
				}
			})
		}
	}
}

func TestPython(t *testing.T) {
	need(t, "python3")
	for name, way := range ways(t) {
		t.Run(name, func(t *testing.T) {
			if out, err := run(t, way.env, "python3", "testdata/client.py", way.base); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestNode(t *testing.T) {
	need(t, "node")
	for name, way := range ways(t) {
		if name == "a tunnel" {
			continue // Node's own modules do not know of proxies; the script asks a forward proxy itself
		}
		t.Run(name, func(t *testing.T) {
			if out, err := run(t, way.env, "node", "testdata/client.mjs", way.base); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
