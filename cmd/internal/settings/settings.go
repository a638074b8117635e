// Package settings reads the process settings: flags before POISE_* environment
// before the settings file before defaults. It is the only reader of viper; what
// it returns is plain and already checked.
package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// Settings are the process settings, in the shape of the file.
type Settings struct {
	Admin            Admin         `mapstructure:"admin"`
	Observe          Observe       `mapstructure:"observe"`
	Data             string        `mapstructure:"data"`
	Files            []string      `mapstructure:"files"`
	Listeners        []Listener    `mapstructure:"listeners"`
	Metrics          Metrics       `mapstructure:"metrics"`
	Control          Control       `mapstructure:"control"`
	MaxExposure      float64       `mapstructure:"maxExposure"`
	ForwardedHeaders string        `mapstructure:"forwardedHeaders"`
	Marks            string        `mapstructure:"marks"`
	Log              Log           `mapstructure:"log"`
	Drain            time.Duration `mapstructure:"drain"`

	// Recorded tells that somebody named the directory of the record, rather
	// than leaving it at its default.
	Recorded bool `mapstructure:"-"`
}

// Admin is where poise is steered.
type Admin struct {
	Address   string `mapstructure:"address"`
	TokenFile string `mapstructure:"tokenFile"`
	TLS       TLS    `mapstructure:"tls"`
}

// TLS names certificate files.
type TLS struct {
	CertFile     string `mapstructure:"certFile"`
	KeyFile      string `mapstructure:"keyFile"`
	ClientCAFile string `mapstructure:"clientCAFile"`
}

// Observe is where poise may be looked at, and nothing changed.
type Observe struct {
	Address string `mapstructure:"address"`
}

// Listener is one place where requests arrive.
type Listener struct {
	Name        string      `mapstructure:"name"`
	Address     string      `mapstructure:"address"`
	Upstream    string      `mapstructure:"upstream"`
	Mode        string      `mapstructure:"mode"`
	TLS         TLS         `mapstructure:"tls"`
	UpstreamTLS UpstreamTLS `mapstructure:"upstreamTLS"`
	Trust       Trust       `mapstructure:"trust"`
}

// UpstreamTLS is how an upstream is spoken to.
type UpstreamTLS struct {
	CAFile     string `mapstructure:"caFile"`
	ServerName string `mapstructure:"serverName"`
	CertFile   string `mapstructure:"certFile"`
	KeyFile    string `mapstructure:"keyFile"`
}

// Trust is whose baggage is believed.
type Trust struct {
	CIDRs      []string `mapstructure:"cidrs"`
	Identities []string `mapstructure:"identities"`
}

// Metrics is where series come from.
type Metrics struct {
	Prometheus map[string]any   `mapstructure:"prometheus"`
	Scrape     []map[string]any `mapstructure:"scrape"`
}

// Control is the control plane to ask for policies.
type Control struct {
	Address string         `mapstructure:"address"`
	TLS     map[string]any `mapstructure:"tls"`
}

// Log is how poise talks about itself.
type Log struct {
	Level  string `mapstructure:"level"`
	Format string `mapstructure:"format"`
}

// DefaultFile is read when it exists and no other file is named.
const DefaultFile = "poise.yaml"

// delimiter separates the parts of a key. A dot would tear names such as
// "api.example.com" apart.
const delimiter = "::"

// Flags adds the flags of a process that carries requests.
func Flags(f *pflag.FlagSet) {
	f.String("config", "", "settings file (default: "+DefaultFile+" where it exists)")
	f.StringArrayP("file", "f", nil, "documents to read; may be given several times, and may hold wildcards")
	f.String("listen", "", "address of one listener named \"default\": HOST:PORT or unix:/PATH")
	f.String("upstream", "", "where that listener forwards to: http://, https://, h2c:// or unix:/PATH")
	f.String("admin", "", "address of the admin API (default 127.0.0.1:9471)")
	f.String("observe", "", "address of health, readiness and metrics only, for probes and scrapers (default: none)")
	f.String("data", "", "directory of the record (default ./poise-data)")
	f.Duration("drain", 0, "longest wait for requests under way when stopping (default 30s)")
	f.String("log-level", "", "debug, info, warn or error (default info)")
	f.String("log-format", "", "text or json (default text)")
}

// Load reads the settings of a process whose flags are parsed. Problems name
// the setting, what was expected and what to do.
func Load(flags *pflag.FlagSet) (Settings, error) {
	v := viper.NewWithOptions(viper.KeyDelimiter(delimiter))
	setDefaults(v)
	v.SetEnvPrefix("POISE")
	v.SetEnvKeyReplacer(strings.NewReplacer(delimiter, "_"))
	v.AutomaticEnv()
	if err := readFile(v, flags); err != nil {
		return Settings{}, err
	}
	for flag, key := range map[string]string{
		"admin": "admin::address", "observe": "observe::address", "data": "data", "drain": "drain",
		"log-level": "log::level", "log-format": "log::format",
	} {
		if changed(flags, flag) {
			if err := v.BindPFlag(key, flags.Lookup(flag)); err != nil {
				return Settings{}, err
			}
		}
	}
	s, err := decode(v)
	if err != nil {
		return Settings{}, err
	}
	s.Recorded = v.InConfig("data") || changed(flags, "data") || os.Getenv("POISE_DATA") != ""
	s.addFlags(flags)
	return s, s.check()
}

func changed(flags *pflag.FlagSet, name string) bool {
	f := flags.Lookup(name)
	return f != nil && f.Changed
}

func setDefaults(v *viper.Viper) {
	for key, value := range map[string]any{
		"admin::address": "127.0.0.1:9471", "admin::tokenFile": "",
		"admin::tls::certFile": "", "admin::tls::keyFile": "", "admin::tls::clientCAFile": "",
		"observe::address": "", "data": "./poise-data", "files": []string{},
		"listeners": []any{}, "metrics::prometheus::url": "", "metrics::scrape": []any{},
		"control::address": "", "maxExposure": 5.0, "forwardedHeaders": "on", "marks": "internal",
		"log::level": "info", "log::format": "text", "drain": 30 * time.Second,
	} {
		v.SetDefault(key, value)
	}
}

// readFile reads the file named by --config or POISE_CONFIG, or the default one
// where it exists.
func readFile(v *viper.Viper, flags *pflag.FlagSet) error {
	path, named := DefaultFile, false
	if env := os.Getenv("POISE_CONFIG"); env != "" {
		path, named = env, true
	}
	if changed(flags, "config") {
		path, named = flags.Lookup("config").Value.String(), true
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !named { //nolint:gosec // the person names the file
		return nil
	}
	v.SetConfigFile(path)
	v.SetConfigType("yaml")
	if err := v.ReadInConfig(); err != nil {
		return fmt.Errorf("settings file %s: %w", path, err)
	}
	return nil
}

// addFlags adds what flags add to the file rather than replace: documents, and
// the listener "default".
func (s *Settings) addFlags(flags *pflag.FlagSet) {
	if files, err := flags.GetStringArray("file"); err == nil {
		s.Files = append(s.Files, files...)
	}
	listen, _ := flags.GetString("listen") // absent: empty
	upstream, _ := flags.GetString("upstream")
	if listen != "" || upstream != "" {
		s.Listeners = append(s.Listeners, Listener{Name: "default", Address: listen, Upstream: upstream})
	}
}
