package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// decode returns the settings that v holds. An error has one line for each
// setting that is unknown or of another kind, and names the file.
func decode(v *viper.Viper) (s Settings, err error) {
	where := "settings"
	if file := v.ConfigFileUsed(); file != "" {
		where += " in " + file
	}
	var seen mapstructure.Metadata
	hooks := mapstructure.ComposeDecodeHookFunc(
		mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToSliceHookFunc(","))
	failed := v.Unmarshal(&s, viper.DecodeHook(hooks), func(c *mapstructure.DecoderConfig) { c.Metadata = &seen })
	var wrong []error
	slices.Sort(seen.Unused)
	for _, key := range seen.Unused {
		wrong = append(wrong, fmt.Errorf("%s: %s: there is no such setting; remove it, or correct its name", where, key))
	}
	for _, line := range lines(failed) {
		wrong = append(wrong, fmt.Errorf("%s: %s", where, line))
	}
	return s, errors.Join(wrong...)
}

// lines returns what the decoder complained about, without its heading.
func lines(err error) (all []string) {
	if err == nil {
		return nil
	}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "decoding failed") {
			all = append(all, line)
		}
	}
	return all
}
