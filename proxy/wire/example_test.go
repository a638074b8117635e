package wire_test

import (
	"fmt"
	"strings"

	"github.com/poise-dev/poise/proxy/wire"
)

func ExampleReadRequest() {
	buffer := []byte("GET http://shop.example/a%20b?q HTTP/1.1\r\n" +
		"Host: ignored\r\n" +
		"X-Trace: 1\r\n" +
		"Connection: close, x-hop\r\n" +
		"X-Hop: 2\r\n" +
		"\r\n")

	var head wire.Head
	if err := wire.ReadRequest(buffer[:wire.End(buffer, 0)], &head); err != nil {
		fmt.Println(err.Status, err)
		return
	}
	out := head.AppendRequest(nil, &wire.Forward{Add: []byte("Via: 1.1 poise\r\n")})
	fmt.Print(strings.ReplaceAll(string(out), "\r\n", "\n"))
	fmt.Println("the connection ends:", head.Close)
	// Output:
	// GET /a%20b?q HTTP/1.1
	// Host: shop.example
	// X-Trace: 1
	// Via: 1.1 poise
	//
	// the connection ends: true
}

func ExampleChunks_Walk() {
	buffer := []byte("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET / HTTP/1.1\r\n")

	var chunks wire.Chunks
	n, err := chunks.Walk(buffer, func(data []byte) { fmt.Printf("%q\n", data) })
	fmt.Println(chunks.Done(), err == nil)
	fmt.Printf("behind it: %q\n", buffer[n:])
	// Output:
	// "hello"
	// " world"
	// true true
	// behind it: "GET / HTTP/1.1\r\n"
}
