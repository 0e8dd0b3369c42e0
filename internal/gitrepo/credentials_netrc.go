package gitrepo

import (
	"path/filepath"
	"runtime"

	"github.com/jdx/go-netrc"
)

// maxNetrcSize bounds a netrc file, in bytes.
const maxNetrcSize = 1 << 20

// netrcEnd is appended to a netrc file: the library fails badly on one that ends
// in the word "machine". No host has this name.
const netrcEnd = "\nmachine end.of.file.invalid\n"

// netrcSource looks the host up in the netrc file.
func netrcSource(a address, env environ) credentialSource {
	return credentialSource{"netrc", func(*operation) *credential {
		for _, path := range netrcPaths(env) {
			data, err := readBounded(path, maxNetrcSize)
			if err != nil {
				continue
			}
			file, err := netrc.ParseString(string(data) + netrcEnd)
			if err != nil {
				continue
			}
			machine := file.Machine(a.host)
			if machine == nil {
				machine = file.Machine("default")
			}
			if machine == nil || machine.Get("password") == "" {
				continue
			}
			user := machine.Get("login")
			if a.user != "" && a.user != user {
				continue
			}
			return &credential{user: user, password: machine.Get("password")}
		}
		return nil
	}}
}

// netrcPaths are the files to look at, as curl does.
func netrcPaths(env environ) []string {
	if path := env.get("NETRC"); path != "" {
		return []string{path}
	}
	paths := []string{filepath.Join(env.home(), ".netrc")}
	if runtime.GOOS == "windows" {
		paths = append(paths, filepath.Join(env.home(), "_netrc"))
	}
	return paths
}
