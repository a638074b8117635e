package wire_test

import (
	"testing"

	"github.com/poise-dev/poise/proxy/wire"
)

// typical is the head of a request as a browser sends it through an ingress.
const typical = "GET /api/v1/checkout/orders/1234567?expand=items&locale=en HTTP/1.1\r\n" +
	"Host: shop.example.com\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
	"Accept: application/json, text/plain, */*\r\n" +
	"Accept-Language: en-GB,en;q=0.5\r\n" +
	"Accept-Encoding: gzip, deflate, br\r\n" +
	"X-Request-Id: 6ba7b810-9dad-11d1-80b4-00c04fd430c8\r\n" +
	"Cookie: session=d41d8cd98f00b204e9800998ecf8427e\r\n" +
	"\r\n"

// typicalAnswer is the head of its answer.
const typicalAnswer = "HTTP/1.1 200 OK\r\n" +
	"Date: Sun, 22 Nov 2026 10:45:00 GMT\r\n" +
	"Server: shop/1.2\r\n" +
	"Content-Type: application/json; charset=utf-8\r\n" +
	"Content-Length: 1024\r\n" +
	"Cache-Control: no-store\r\n" +
	"Vary: Accept-Encoding\r\n" +
	"\r\n"

func BenchmarkEnd(b *testing.B) {
	in := []byte(typical)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if wire.End(in, 0) < 0 {
			b.Fatal("no end")
		}
	}
}

func BenchmarkReadRequest(b *testing.B) {
	in := []byte(typical)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	var h wire.Head
	for b.Loop() {
		if err := wire.ReadRequest(in, &h); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadResponse(b *testing.B) {
	in, get := []byte(typicalAnswer), []byte("GET")
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	var h wire.Head
	for b.Loop() {
		if err := wire.ReadResponse(in, get, &h); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendRequest(b *testing.B) {
	in := []byte(typical)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	var h wire.Head
	if err := wire.ReadRequest(in, &h); err != nil {
		b.Fatal(err)
	}
	f := wire.Forward{Add: []byte("Via: 1.1 poise\r\nX-Forwarded-For: 127.0.0.1\r\n")}
	var out []byte
	for b.Loop() {
		out = h.AppendRequest(out[:0], &f)
	}
}
