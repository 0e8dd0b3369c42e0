package gitrepo

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// maxSSHFileSize bounds ~/.ssh/config and key files, in bytes.
const maxSSHFileSize = 1 << 20

// sshHost is what ~/.ssh/config and /etc/ssh/ssh_config say about one host.
type sshHost struct {
	hostName string
	port     string
	user     string
	// keyAlias is the name under which the host's key is known, where it has
	// another than its own.
	keyAlias       string
	identityFiles  []string
	identitiesOnly bool
	// agent is the agent's socket, empty: none.
	agent string
	// knownHosts are the files of known host keys.
	knownHosts []string
	// program: something is asked for that only the ssh program does.
	program bool
}

// onlyByProgram are the settings that looprel leaves to the ssh program.
func onlyByProgram() []string {
	return []string{"ProxyJump", "ProxyCommand", "CertificateFile", "PKCS11Provider", "CanonicalizeHostname", "KnownHostsCommand"}
}

// readSSHHost applies the configuration files to an address.
func readSSHHost(a address, env environ) sshHost {
	settings := readSSHSettings(env)
	host := sshHost{
		hostName: cmp.Or(expandTokens(settings.get(a.host, "HostName"), map[string]string{"%h": a.host}), a.host),
		port:     cmp.Or(a.port, settings.get(a.host, "Port"), sshPort),
		user:     cmp.Or(a.user, settings.get(a.host, "User"), env.get("USER"), env.get("LOGNAME"), env.get("USERNAME")),
		keyAlias: settings.get(a.host, "HostKeyAlias"),
		program:  settings.unreadable,
	}
	for _, keyword := range onlyByProgram() {
		value := strings.ToLower(settings.get(a.host, keyword))
		host.program = host.program || value != "" && value != "none" && value != "no"
	}
	host.identitiesOnly = strings.EqualFold(settings.get(a.host, "IdentitiesOnly"), "yes")
	host.agent = agentSocket(settings.get(a.host, "IdentityAgent"), env)
	expand := func(path string) string {
		tokens := map[string]string{"%%": "%", "%d": env.home(), "%h": host.hostName, "%n": a.host, "%p": host.port, "%r": host.user, "%u": env.get("USER")}
		return env.expandHome(expandTokens(path, tokens))
	}
	for _, file := range settings.all(a.host, "IdentityFile") {
		host.identityFiles = append(host.identityFiles, expand(file))
	}
	if len(host.identityFiles) == 0 {
		for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
			host.identityFiles = append(host.identityFiles, filepath.Join(env.home(), ".ssh", name))
		}
	}
	for _, file := range slices.Concat(
		strings.Fields(cmp.Or(settings.get(a.host, "UserKnownHostsFile"), "~/.ssh/known_hosts ~/.ssh/known_hosts2")),
		strings.Fields(cmp.Or(settings.get(a.host, "GlobalKnownHostsFile"), systemSSHFile("ssh_known_hosts")+" "+systemSSHFile("ssh_known_hosts2"))),
	) {
		host.knownHosts = append(host.knownHosts, expand(file))
	}
	return host
}

// systemSSHFile is a file of the machine's own SSH configuration.
func systemSSHFile(name string) string {
	if runtime.GOOS == "windows" {
		return `C:\ProgramData\ssh\` + name
	}
	return "/etc/ssh/" + name
}

// agentSocket is where the agent listens: IdentityAgent, else SSH_AUTH_SOCK.
func agentSocket(setting string, env environ) string {
	switch {
	case setting == "" || setting == "SSH_AUTH_SOCK":
		return env.get("SSH_AUTH_SOCK")
	case strings.EqualFold(setting, "none"):
		return ""
	case strings.HasPrefix(setting, "$"):
		return env.get(strings.Trim(setting, "${}"))
	}
	return env.expandHome(strings.ReplaceAll(setting, "%d", env.home()))
}

func expandTokens(text string, tokens map[string]string) string {
	var pairs []string
	for token, value := range tokens {
		pairs = append(pairs, token, value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// sshSettings are the configuration files, the user's before the machine's.
type sshSettings struct {
	files []*ssh_config.Config
	// unreadable: a file holds what the parser does not know ("Match exec").
	unreadable bool
}

func readSSHSettings(env environ) sshSettings {
	var settings sshSettings
	for _, path := range []string{filepath.Join(env.home(), ".ssh", "config"), systemSSHFile("ssh_config")} {
		data, err := readBounded(path, maxSSHFileSize)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			settings.unreadable = true
			continue
		}
		parsed, err := ssh_config.DecodeBytes(data)
		if err != nil {
			settings.unreadable = true
			continue
		}
		settings.files = append(settings.files, parsed)
	}
	return settings
}

// get returns the first value, as OpenSSH does.
func (s sshSettings) get(host, keyword string) string {
	for _, file := range s.files {
		if value, err := file.Get(host, keyword); err == nil && value != "" {
			return value
		}
	}
	return ""
}

// all returns the values of a keyword that adds up.
func (s sshSettings) all(host, keyword string) []string {
	var values []string
	for _, file := range s.files {
		if found, err := file.GetAll(host, keyword); err == nil {
			values = append(values, found...)
		}
	}
	return values
}
