package settings

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// decode returns the settings that v holds. An error has one line for each
// setting that is unknown or of another kind, and names the file.
func decode(v *viper.Viper) (s Settings, err error) {
	hooks := mapstructure.ComposeDecodeHookFunc(duration, mapstructure.StringToSliceHookFunc(","))
	err = v.UnmarshalExact(&s, viper.DecodeHook(hooks))
	if err == nil {
		return s, nil
	}
	where := "settings"
	if file := v.ConfigFileUsed(); file != "" {
		where += " in " + file
	}
	var wrong []error
	for line := range strings.Lines(err.Error()) {
		for _, complaint := range complaints(strings.TrimSpace(line)) {
			wrong = append(wrong, fmt.Errorf("%s: %s", where, complaint))
		}
	}
	return s, errors.Join(wrong...)
}

// duration reads durations. A bare number has no unit, and is refused rather
// than taken for nanoseconds.
func duration(from, to reflect.Type, value any) (any, error) {
	if to != reflect.TypeFor[time.Duration]() || from == to {
		return value, nil
	}
	d, err := time.ParseDuration(fmt.Sprint(value))
	if err != nil {
		return nil, fmt.Errorf("%v is not a duration (expected one such as 30s)", value)
	}
	return d, nil
}

// complaints says in our words what a line of the decoder's error says in its
// own: 'admin' has invalid keys: host, port. Its heading says nothing.
func complaints(line string) []string {
	setting, what, found := strings.Cut(strings.TrimPrefix(line, "'"), "' ")
	if !found {
		return nil
	}
	keys, unknown := strings.CutPrefix(what, "has invalid keys: ")
	if !unknown {
		return []string{setting + ": " + what}
	}
	var all []string
	for key := range strings.SplitSeq(keys, ", ") {
		if setting != "" {
			key = setting + "." + key
		}
		all = append(all, key+": there is no such setting; remove it, or correct its name")
	}
	return all
}
