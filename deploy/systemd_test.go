package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// unit returns the settings of the systemd unit, several of one name joined.
func unit(t *testing.T) (text string, settings map[string]string) {
	t.Helper()
	content, err := os.ReadFile("systemd/poise.service")
	if err != nil {
		t.Fatal(err)
	}
	settings = map[string]string{}
	for line := range strings.Lines(string(content)) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found && !strings.HasPrefix(name, "#") {
			settings[name] += value
		}
	}
	return string(content), settings
}

func TestTheSystemdUnitIsUnderstoodBySystemd(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze on this machine")
	}
	text, _ := unit(t)
	// It wants to see the program, which need not be installed here.
	file := filepath.Join(t.TempDir(), "poise.service")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "/usr/local/bin/poise", "/bin/true")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput()
	if err != nil || strings.Contains(string(out), "poise.service") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTheSystemdUnitRunsPoiseWithFewRights(t *testing.T) {
	_, settings := unit(t)
	for name, want := range map[string]string{
		"DynamicUser": "yes", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "CapabilityBoundingSet": "",
		"TimeoutStopSec": "40s", // longer than drain
		"StateDirectory": "poise",
	} {
		if got, set := settings[name]; !set || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := settings["ExecStart"]; !strings.HasSuffix(got, " --data %S/poise") {
		t.Errorf("ExecStart is %q: the record does not go to the one directory it may write", got)
	}
}
