package wire_test

import (
	"bytes"
	"net/url"
	"testing"

	"github.com/poise-dev/poise/proxy/wire"
)

func TestATargetIsTakenApart(t *testing.T) {
	for _, tc := range []struct{ line, path, query, authority string }{
		{"GET /a/b?c=d?e", "/a/b", "c=d?e", ""},
		{"GET /http://x/?y", "/http://x/", "y", ""},
		{"GET /?", "/", "", ""},
		{"GET http://a.b:1/c?d", "/c", "d", "a.b:1"},
		{"GET http://a.b", "/", "", "a.b"},
		{"GET http://a.b?c/d", "/", "c/d", "a.b"},
		{"OPTIONS *", "*", "", ""},
		{"OPTIONS http://a.b", "*", "", "a.b"},
		{"CONNECT a.b:443", "", "", "a.b:443"},
	} {
		t.Run(tc.line, func(t *testing.T) {
			var h wire.Head
			if err := wire.ReadRequest([]byte(tc.line+" HTTP/1.1\r\nHost: x\r\n\r\n"), &h); err != nil {
				t.Fatal(err)
			}
			path, query, authority := h.Path()
			if string(path) != tc.path || string(query) != tc.query || string(authority) != tc.authority {
				t.Errorf("path %q, query %q, authority %q; want %q, %q, %q", path, query, authority, tc.path, tc.query, tc.authority)
			}
			if tc.authority != "" && h.Target[0] == 'h' && string(h.Value(wire.Host)) != tc.authority {
				t.Errorf("Host is %q, want that of the target, %q", h.Value(wire.Host), tc.authority)
			}
		})
	}
}

func TestAPathIsDecodedOnce(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"/a":             "/a",
		"/%61%2fb%2F":    "/a/b/",
		"/%2541":         "/%41",
		"/a+b":           "/a+b",
		"/%00%ff":        "/\x00\xff",
		"/caf%C3%A9.%7E": "/café.~",
	} {
		if got, ok := wire.DecodePath(nil, []byte(in)); !ok || string(got) != want {
			t.Errorf("%q is decoded to %q, %t; want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"%", "/%4", "/%zz", "/%4z", "/%z4", "/%41%", "/%%41"} {
		if got, ok := wire.DecodePath(nil, []byte(in)); ok {
			t.Errorf("%q is decoded to %q, want it refused", in, got)
		}
	}
	path := []byte("/plain")
	if got, _ := wire.DecodePath(make([]byte, 64), path); &got[0] != &path[0] {
		t.Error("a path without escapes is copied")
	}
}

func FuzzDecodePath(f *testing.F) {
	for _, s := range []string{"/", "/%41", "/%", "/%zz", "/a%2", "/%2f%2F+"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, path []byte) {
		got, ok := wire.DecodePath(nil, path)
		want, err := url.PathUnescape(string(path))
		if ok != (err == nil) || (ok && !bytes.Equal(got, []byte(want))) {
			t.Errorf("%q is decoded to %q, %t; net/url says %q, %v", path, got, ok, want, err)
		}
	})
}
