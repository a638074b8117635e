package proxy

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// reloadEvery is how often files of TLS are looked at, at most.
const reloadEvery = time.Second

// material is a TLS configuration made of files. It is made anew when their
// contents change: they are looked at when a connection needs them, and once a
// second at most. What cannot be read or does not fit together leaves the
// configuration as it is: that happens while files are being replaced, too.
type material struct {
	files    []string
	build    func(contents [][]byte) (*tls.Config, error)
	listener string
	log      *slog.Logger

	current atomic.Pointer[tls.Config]
	failed  atomic.Uint64 // changes that were of no use

	mu     sync.Mutex
	looked time.Time
	sum    [sha256.Size]byte // of what was seen last, good or bad
}

// newMaterial reads files. They have to be right at first.
func newMaterial(files []string, build func([][]byte) (*tls.Config, error), listener string, log *slog.Logger) (*material, error) {
	m := &material{files: files, build: build, listener: listener, log: log, looked: time.Now()}
	contents, err := m.read()
	if err != nil {
		return nil, err
	}
	config, err := build(contents)
	if err != nil {
		return nil, err
	}
	m.sum = sum(contents)
	m.current.Store(config)
	return m, nil
}

// config returns the configuration in force. It is not to be changed.
func (m *material) config() *tls.Config {
	if len(m.files) > 0 && m.mu.TryLock() { // one connection looks, the others go on
		if now := time.Now(); now.Sub(m.looked) >= reloadEvery {
			m.looked = now
			m.reload()
		}
		m.mu.Unlock()
	}
	return m.current.Load()
}

// reload puts changed files in force.
func (m *material) reload() {
	contents, err := m.read()
	if err != nil {
		contents = [][]byte{[]byte(err.Error())} // told once, like any other content
	}
	seen := sum(contents)
	if seen == m.sum {
		return
	}
	m.sum = seen
	var config *tls.Config
	if err == nil {
		config, err = m.build(contents)
	}
	if err != nil {
		m.failed.Add(1)
		m.log.Error("certificates stay as they were: the changed files are of no use", "listener", m.listener, "files", m.files, "error", err)
		return
	}
	m.current.Store(config)
	m.log.Info("certificates were read again", "listener", m.listener, "files", m.files)
}

func (m *material) read() (contents [][]byte, err error) {
	for _, file := range m.files {
		content, err := os.ReadFile(file) //nolint:gosec // the settings name the files
		if err != nil {
			return nil, err
		}
		contents = append(contents, content)
	}
	return contents, nil
}

// sum tells contents apart, whatever their lengths.
func sum(contents [][]byte) (s [sha256.Size]byte) {
	h := sha256.New()
	for _, content := range contents {
		fmt.Fprintf(h, "%d:", len(content))
		_, _ = h.Write(content) // a hash takes everything
	}
	h.Sum(s[:0])
	return s
}
