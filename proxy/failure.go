package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/textproto"
	"syscall"

	"github.com/poise-dev/poise/proxy/wire"
)

// upstreamFailure returns the status to answer with when the upstream could not
// be asked or did not answer, and the reason as Proxy-Status names it (RFC 9209
// section 2.3).
func upstreamFailure(err error) (status int, reason string) {
	switch {
	case errors.Is(err, errLoop):
		return http.StatusBadGateway, "proxy_loop_detected"
	case errors.Is(err, errLimit):
		return http.StatusServiceUnavailable, "connection_limit_reached"
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		if name.IsTimeout {
			return http.StatusGatewayTimeout, "dns_timeout"
		}
		return http.StatusBadGateway, "dns_error"
	}
	if isTimeout(err) {
		if isDial(err) {
			return http.StatusGatewayTimeout, "connection_timeout"
		}
		return http.StatusGatewayTimeout, "connection_read_timeout"
	}
	return http.StatusBadGateway, badGateway(err)
}

// badGateway returns the reason of a failure that is a 502.
func badGateway(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection_refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "destination_ip_unroutable"
	case isDial(err):
		return "destination_unavailable"
	case is[*tls.CertificateVerificationError](err), is[x509.UnknownAuthorityError](err), is[x509.HostnameError](err):
		return "tls_certificate_error"
	case failedOp(err) == "remote error": // as crypto/tls calls it
		return "tls_alert_received"
	case is[tls.RecordHeaderError](err):
		return "tls_protocol_error"
	case is[*wire.Error](err), is[textproto.ProtocolError](err):
		return "http_protocol_error"
	}
	return "connection_terminated"
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func isTimeout(err error) bool {
	slow, ok := errors.AsType[net.Error](err)
	return ok && slow.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// isDial says whether a connection could not be opened, rather than used: its
// TLS included.
func isDial(err error) bool {
	return failedOp(err) == "dial" || errors.Is(err, errHandshakeTimeout)
}

// failedOp names what failed on a connection; empty: nothing did.
func failedOp(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op
	}
	return ""
}
