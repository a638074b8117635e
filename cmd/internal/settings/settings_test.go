package settings_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/poise-dev/poise/cmd/internal/settings"
	"github.com/poise-dev/poise/proxy"
	"github.com/poise-dev/poise/proxy/fault"
)

// load reads the settings of a process that was started with these flags in a
// directory of its own, beside the default file if there is one.
func load(t *testing.T, file string, args ...string) (settings.Settings, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if file != "" {
		write(t, settings.DefaultFile, file)
	}
	flags := pflag.NewFlagSet("poise", pflag.ContinueOnError)
	settings.Flags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return settings.Load(flags)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDefaults(t *testing.T) {
	s, err := load(t, "")
	if err != nil {
		t.Fatal(err)
	}
	got := []any{
		s.Admin.Address, s.Observe.Address, s.Data, s.ForwardedHeaders, s.Marks, s.Log.Level, s.Log.Format,
		s.Drain, s.MaxExposure, len(s.Listeners), len(s.Files), s.Recorded,
	}
	want := []any{
		"127.0.0.1:9471", "", "./poise-data", "on", "internal", "info", "text",
		30 * time.Second, 5.0, 0, 0, false,
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("default %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestFlagsWinOverVariablesOverTheFileOverDefaults(t *testing.T) {
	const file = "admin: {address: \"127.0.0.1:1\"}\nobserve: {address: \"127.0.0.1:1\"}\ndata: file\n" +
		"drain: 1s\nlog: {level: debug, format: json}\n"
	env := map[string]string{
		"POISE_ADMIN_ADDRESS": "127.0.0.1:2", "POISE_OBSERVE_ADDRESS": "127.0.0.1:2", "POISE_DATA": "variable",
		"POISE_DRAIN": "2s", "POISE_LOG_LEVEL": "warn", "POISE_LOG_FORMAT": "text",
	}
	flags := []string{
		"--admin", "127.0.0.1:3", "--observe", "127.0.0.1:3", "--data", "flag",
		"--drain", "3s", "--log-level", "error", "--log-format", "json",
	}
	type found struct {
		admin, observe, data string
		drain                time.Duration
		level, format        string
	}
	tests := []struct {
		name     string
		file     string
		env      bool
		flags    []string
		want     found
		recorded bool
	}{
		{
			"nothing said: the defaults", "", false, nil,
			found{"127.0.0.1:9471", "", "./poise-data", 30 * time.Second, "info", "text"},
			false,
		},
		{
			"the file wins over the defaults", file, false, nil,
			found{"127.0.0.1:1", "127.0.0.1:1", "file", time.Second, "debug", "json"},
			true,
		},
		{
			"a variable wins over the file", file, true, nil,
			found{"127.0.0.1:2", "127.0.0.1:2", "variable", 2 * time.Second, "warn", "text"},
			true,
		},
		{
			"a variable needs no file", "", true, nil,
			found{"127.0.0.1:2", "127.0.0.1:2", "variable", 2 * time.Second, "warn", "text"},
			true,
		},
		{
			"a flag wins over both", file, true, flags,
			found{"127.0.0.1:3", "127.0.0.1:3", "flag", 3 * time.Second, "error", "json"},
			true,
		},
		{
			"a flag needs neither", "", false, flags,
			found{"127.0.0.1:3", "127.0.0.1:3", "flag", 3 * time.Second, "error", "json"},
			true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.env {
				for name, value := range env {
					t.Setenv(name, value)
				}
			}
			s, err := load(t, tt.file, tt.flags...)
			if err != nil {
				t.Fatal(err)
			}
			got := found{s.Admin.Address, s.Observe.Address, s.Data, s.Drain, s.Log.Level, s.Log.Format}
			if got != tt.want {
				t.Errorf("got  %v\nwant %v", got, tt.want)
			}
			if s.Recorded != tt.recorded {
				t.Errorf("Recorded is %v, want %v: it tells whether somebody chose the directory", s.Recorded, tt.recorded)
			}
		})
	}
}

func TestFlagsAddListenersAndDocumentsToThoseOfTheFile(t *testing.T) {
	s, err := load(t, `
files: [from-file.yaml]
listeners:
- {name: ingress, address: "127.0.0.1:1", upstream: "http://127.0.0.1:2"}
`, "-f", "one.yaml", "-f", "two.yaml", "--listen", "127.0.0.1:3", "--upstream", "h2c://127.0.0.1:4")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Files, " "); got != "from-file.yaml one.yaml two.yaml" {
		t.Errorf("files are %s", got)
	}
	if len(s.Listeners) != 2 || s.Listeners[0].Name != "ingress" || s.Listeners[1].Name != "default" {
		t.Errorf("listeners are %+v, want ingress and default", s.Listeners)
	}
}

func TestTheFileIsTheOneThatIsNamed(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other.yaml")
	write(t, other, "data: other\n")
	third := filepath.Join(t.TempDir(), "third.yaml")
	write(t, third, "data: third\n")

	s, err := load(t, "data: default\n", "--config", other)
	if err != nil || s.Data != "other" {
		t.Errorf("--config: data is %q, %v", s.Data, err)
	}
	t.Setenv("POISE_CONFIG", third)
	s, err = load(t, "data: default\n")
	if err != nil || s.Data != "third" {
		t.Errorf("POISE_CONFIG: data is %q, %v", s.Data, err)
	}
	s, err = load(t, "data: default\n", "--config", other)
	if err != nil || s.Data != "other" {
		t.Errorf("--config with POISE_CONFIG: data is %q, %v", s.Data, err)
	}
	if _, err := load(t, "", "--config", "nowhere.yaml"); err == nil || !strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("a file that is named and absent: %v", err)
	}
}

func TestOnAndOffMayBeWrittenAsYAMLHasThem(t *testing.T) {
	for text, want := range map[string]string{"on": "on", "off": "off", "true": "on", "false": "off", "'off'": "off"} {
		s, err := load(t, "forwardedHeaders: "+text+"\n")
		if err != nil || s.ForwardedHeaders != want {
			t.Errorf("forwardedHeaders: %s is %q, %v; want %q", text, s.ForwardedHeaders, err, want)
		}
	}
}

func TestWrongSettingsAreRefusedByName(t *testing.T) {
	tests := []struct {
		name string
		file string
		want []string // each is a line, or part of one
	}{
		{
			"an unknown setting is named with its file", "listen: 127.0.0.1:1\n",
			[]string{"settings in poise.yaml: listen: there is no such setting"},
		},
		{
			"unknown settings inside others are named with their path, all of them",
			"admin: {host: x}\nlisteners:\n- {name: a, colour: red}\n",
			[]string{"poise.yaml: admin.host: there is no such", "poise.yaml: listeners[0].colour: there is no such"},
		},
		{
			"a duration without a unit is not taken for nanoseconds", "drain: 30\n",
			[]string{"settings in poise.yaml: drain: 30 is not a duration (expected one such as 30s)"},
		},
		{
			"a value of another kind is named", "listeners: 5\n",
			[]string{"settings in poise.yaml: listeners"},
		},
		{
			"malformed YAML is named with its file", "a: [\n",
			[]string{"settings file poise.yaml: "},
		},
		{
			"two listeners of one name",
			"listeners:\n- {name: a, address: \":1\", upstream: \"http://x:1\"}\n- {name: a, address: \":2\", upstream: \"http://x:1\"}\n",
			[]string{`listener "a": the name is taken by another listener`},
		},
		{
			"all that is wrong with a listener, each time with its name",
			"listeners:\n- {name: a, mode: sideways, tls: {certFile: x}, upstreamTLS: {caFile: x, keyFile: x}, trust: {cidrs: [127.0.0.0/8]}}\n",
			[]string{
				`listener "a": address is missing`, `listener "a": mode "sideways" is unknown (expected reverse, forward)`,
				`listener "a": tls.keyFile is missing`, `listener "a": upstreamTLS.certFile is missing`,
				`listener "a": upstreamTLS is of no use with upstream`, `listener "a": trust is not available yet`,
			},
		},
		{
			"a client authority without a certificate of one's own",
			"listeners:\n- {name: a, address: \":1\", upstream: \"http://x:1\", tls: {clientCAFile: x}}\n",
			[]string{`listener "a": tls.certFile is missing`},
		},
		{
			"a forward proxy with one upstream, or with one name for all",
			"listeners:\n- {name: a, address: \":1\", mode: forward, upstream: \"http://x:1\", upstreamTLS: {serverName: x}}\n",
			[]string{`listener "a": upstream has no place beside mode forward`, `listener "a": upstreamTLS.serverName has no place`},
		},
		{
			"a listener without a name is told by its place",
			"listeners:\n- {address: \":1\", upstream: \"http://x:1\"}\n",
			[]string{"listeners[0]: name is missing"},
		},
		{
			"an upstream of a scheme nobody knows",
			"listeners:\n- {name: a, address: \":1\", upstream: \"ftp://x\"}\n",
			[]string{`listener "a": upstream "ftp://x": scheme "ftp" is unknown (expected http, https, h2c or unix)`},
		},
		{
			"a listener without an upstream",
			"listeners:\n- {name: a, address: \":1\"}\n",
			[]string{`listener "a": upstream is missing (expected http://HOST:PORT`},
		},
		{
			"a mode that comes later", "listeners:\n- {name: b, address: \":2\", mode: transparent}\n",
			[]string{`listener "b": mode transparent is not available yet`},
		},
		{
			"sources of metrics come later", "metrics: {prometheus: {url: \"http://x\"}, scrape: [{name: a}]}\n",
			[]string{"metrics.prometheus is not available yet", "metrics.scrape is not available yet"},
		},
		{
			"a Prometheus with nothing but a token is not passed over", "metrics: {prometheus: {bearerTokenFile: x}}\n",
			[]string{"metrics.prometheus is not available yet"},
		},
		{
			"a control plane comes later", "control: {address: \"x:1\"}\n",
			[]string{"control is not available yet"},
		},
		{
			"no exposure at all", "maxExposure: 0\n",
			[]string{"maxExposure: 0 is not a percentage (expected a number above 0, at most 100)"},
		},
		{
			"words nobody knows",
			"marks: sometimes\nforwardedHeaders: maybe\nlog: {level: loud, format: xml}\n",
			[]string{
				`marks: "sometimes" is unknown (expected internal, never, always)`,
				`forwardedHeaders: "maybe" is unknown (expected on, off)`,
				`log.level: "loud" is unknown (expected debug, info, warn, error)`,
				`log.format: "xml" is unknown (expected text, json)`,
			},
		},
		{
			"values out of bounds", "drain: -1s\nmaxExposure: 101\ndata: \"\"\n",
			[]string{"drain: -1s is negative", "maxExposure: 101 is not a percentage", "data: is empty"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.file)
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got\n%v\nwant a line with\n%s", err, want)
				}
			}
		})
	}
}

func TestListenersAreHandedOnAsTheyAreSet(t *testing.T) {
	s, err := load(t, `
listeners:
- name: secure
  address: 127.0.0.1:1
  upstream: https://x:2
  tls: {certFile: a.crt, keyFile: a.key, clientCAFile: ca.crt}
  upstreamTLS: {caFile: up.crt, serverName: y, certFile: b.crt, keyFile: b.key}
- {name: egress, address: 127.0.0.1:3, mode: forward}
forwardedHeaders: off
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []proxy.Listener{
		{
			Name: "secure", Address: "127.0.0.1:1", Upstream: "https://x:2", Unforwarded: true,
			TLS:         proxy.TLS{CertFile: "a.crt", KeyFile: "a.key", ClientCAFile: "ca.crt"},
			UpstreamTLS: proxy.UpstreamTLS{CAFile: "up.crt", ServerName: "y", CertFile: "b.crt", KeyFile: "b.key"},
		},
		{Name: "egress", Address: "127.0.0.1:3", Forward: true, Unforwarded: true},
	}
	if got := s.Sidecar("run", "test", nil).Listeners; !slices.Equal(got, want) {
		t.Errorf("listeners are\n%+v\nwant\n%+v", got, want)
	}
}

func TestAListenerNeedsBothOfItsFlags(t *testing.T) {
	for flag, missing := range map[string]string{"--listen=127.0.0.1:1": "upstream is missing", "--upstream=http://127.0.0.1:1": "address is missing"} {
		if _, err := load(t, "", flag); err == nil || !strings.Contains(err.Error(), `listener "default": `+missing) {
			t.Errorf("%s alone: %v, want that the %s", flag, err, missing)
		}
	}
}

func TestMarksReachTheDataPlane(t *testing.T) {
	for word, want := range map[string]fault.Marks{
		"always": fault.MarksAlways, "internal": fault.MarksInternal, "never": fault.MarksNever, "": fault.MarksNever,
	} {
		s := settings.Settings{Marks: word}
		if got := s.Sidecar("run", "test", nil).Marks; got != want {
			t.Errorf("marks: %q means %d, want %d", word, got, want)
		}
	}
}
