package gitrepo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Config is git's configuration, merged from its files and the environment in
// git's order (see gitconfig_load.go). Keys are written as git writes them:
// section.key or section.subsection.key, where only the subsection keeps its
// case.
type Config struct {
	settings []setting
	byKey    map[string][]int // positions in settings, by canonical key
	environ  environ
}

// setting is one variable as it stands in one place.
type setting struct {
	section    string // lower case
	subsection string
	key        string // lower case
	value      string
	// bare: the variable stands without "=", which means true for a boolean.
	bare bool
	// origin is the file that the setting is from, or "environment".
	origin string
}

func (s setting) name() string {
	if s.subsection == "" {
		return s.section + "." + s.key
	}
	return s.section + "." + s.subsection + "." + s.key
}

func newConfig(settings []setting, env environ) Config {
	config := Config{settings: settings, byKey: map[string][]int{}, environ: env}
	for i, s := range settings {
		config.byKey[s.name()] = append(config.byKey[s.name()], i)
	}
	return config
}

// canonicalKey lowers the parts of a key whose case does not count.
func canonicalKey(key string) string {
	first, last := strings.IndexByte(key, '.'), strings.LastIndexByte(key, '.')
	if first < 0 {
		return strings.ToLower(key)
	}
	return strings.ToLower(key[:first]) + key[first:last] + strings.ToLower(key[last:])
}

// last returns the setting that counts where one value is wanted.
func (c Config) last(key string) (setting, bool) {
	positions := c.byKey[canonicalKey(key)]
	if len(positions) == 0 {
		return setting{}, false
	}
	return c.settings[positions[len(positions)-1]], true
}

// Get returns the variable's value, "" when it is not set.
func (c Config) Get(key string) string {
	found, _ := c.last(key)
	return found.value
}

// Has reports whether the variable is set at all.
func (c Config) Has(key string) bool { return len(c.byKey[canonicalKey(key)]) > 0 }

// GetAll returns the values of a variable that may be set many times, the
// strongest last.
func (c Config) GetAll(key string) []string {
	positions := c.byKey[canonicalKey(key)]
	values := make([]string, 0, len(positions))
	for _, i := range positions {
		values = append(values, c.settings[i].value)
	}
	return values
}

// Bool returns the variable as git reads a boolean (true, yes, on, 1, a variable
// without value; false, no, off, 0, an empty value), and whether it is set. Any
// other text is an ErrConfig.
func (c Config) Bool(key string) (value, set bool, err error) {
	found, ok := c.last(key)
	if !ok {
		return false, false, nil
	}
	value, err = found.bool()
	return value, true, err
}

func (s setting) bool() (bool, error) {
	if s.bare {
		return true, nil
	}
	switch strings.ToLower(s.value) {
	case "true", "yes", "on":
		return true, nil
	case "false", "no", "off", "":
		return false, nil
	}
	if number, err := strconv.ParseInt(strings.TrimSpace(s.value), 0, 64); err == nil {
		return number != 0, nil
	}
	return false, &Error{
		Kind:   ErrConfig,
		What:   fmt.Sprintf("%s is %q in %s: expected true or false", s.name(), s.value, s.origin),
		Advice: "correct it: git config --edit",
	}
}

// Path returns the variable's value as a path, with a leading "~/" replaced by
// the home directory; "" when it is not set.
func (c Config) Path(key string) string { return c.environ.expandHome(c.Get(key)) }

// Subsections lists the section's subsections, sorted, each once.
func (c Config) Subsections(section string) []string {
	var names []string
	for _, s := range c.settings {
		if s.section == strings.ToLower(section) && s.subsection != "" {
			names = append(names, s.subsection)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// partial reports whether the clone leaves objects out on purpose.
func (c Config) partial() bool {
	if c.Has("extensions.partialClone") {
		return true
	}
	return slices.ContainsFunc(c.Subsections("remote"), func(name string) bool {
		promisor, _, err := c.Bool("remote." + name + ".promisor")
		return promisor && err == nil
	})
}
