package api

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"
)

// Server returns a server for a handler of this package, not started. Slow and
// oversized heads are bounded; answers are not, since waiting for a run takes
// its time. Going down releases those who wait. A nil config is plain HTTP.
func Server(address string, handler http.Handler, config *tls.Config, log *slog.Logger) *http.Server {
	s := &http.Server{
		Addr:              address,
		Handler:           handler,
		TLSConfig:         config,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	if log != nil {
		s.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	}
	if a, ok := handler.(*API); ok {
		s.RegisterOnShutdown(a.Release)
	}
	return s
}

// TLS returns the TLS settings of the admin address. With a client CA,
// certificates of clients are verified when they are given; [Guard] asks for
// them. Health stays readable without.
func TLS(certFile, keyFile, clientCAFile string) (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("admin.tls: %w", err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if clientCAFile == "" {
		return config, nil
	}
	text, err := os.ReadFile(clientCAFile) //nolint:gosec // the file is the operator's choice
	if err != nil {
		return nil, fmt.Errorf("admin.tls.clientCAFile: %w", err)
	}
	config.ClientCAs, config.ClientAuth = x509.NewCertPool(), tls.VerifyClientCertIfGiven
	if !config.ClientCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("admin.tls.clientCAFile: %s: %w", clientCAFile, errors.New("no certificate in PEM form found"))
	}
	return config, nil
}
