//go:build e2e

package conformance_test

import (
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/poise-dev/poise/proxy"
)

// cases are those of gRPC's interop client that need no cloud.
// https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
func cases() []string {
	return []string{
		"empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream",
		"timeout_on_sleeping_server", "cancel_after_begin", "cancel_after_first_response",
		"status_code_and_message", "special_status_message", "unimplemented_method", "unimplemented_service",
		"custom_metadata",
	}
}

func TestGRPCInterop(t *testing.T) {
	client, server := tool(t, "google.golang.org/grpc/interop/client"), tool(t, "google.golang.org/grpc/interop/server")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().String()
	free.Close()
	serving := exec.CommandContext(t.Context(), server, "-port", port(t, at))
	if err := serving.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { serving.Process.Kill(); serving.Wait() })
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", at); err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("gRPC's server does not listen")
		}
	}
	secure := certificate(t)
	for name, tc := range map[string]struct {
		listener proxy.Listener
		args     []string
	}{
		"with prior knowledge": {proxy.Listener{Upstream: "http://" + at}, nil},
		"over TLS": {
			proxy.Listener{Upstream: "http://" + at, TLS: secure},
			[]string{"-use_tls", "-use_test_ca", "-ca_file", secure.CertFile, "-server_host_override", "localhost"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			through := port(t, listen(t, tc.listener))
			for _, one := range cases() {
				t.Run(one, func(t *testing.T) {
					args := append([]string{"-server_host", "127.0.0.1", "-server_port", through, "-test_case", one}, tc.args...)
					if out, err := run(t, nil, client, args...); err != nil {
						t.Errorf("%v\n%s", err, out)
					}
				})
			}
		})
	}
}
