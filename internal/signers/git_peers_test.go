//go:build peers

package signers_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/signers"
)

// The verdict is git's: tags signed by git tag -s with keys and certificates that
// ssh-keygen made, held to lists by git verify-tag and by this package.
func TestVerdictIsGits(t *testing.T) {
	t.Parallel()
	peer := newPeer(t)
	tests := map[string]struct {
		list string // @KEY is replaced by the public key KEY.pub
		key  string
		good bool
	}{
		"allowed":                       {"rm@example.org @alice", "alice", true},
		"a comment, blanks":             {"# who\n\n  rm@example.org\t@alice of the train\n", "alice", true},
		"quoted":                        {`"rm@example.org,x y" @alice`, "alice", true},
		"RSA":                           {"rm@example.org @rsa", "rsa", true},
		"ECDSA":                         {"rm@example.org @ecdsa", "ecdsa", true},
		"another key":                   {"rm@example.org @alice", "bob", false},
		"one of several":                {"rm@example.org @alice\nops@example.org @bob", "bob", true},
		"nobody":                        {"", "alice", false},
		"pattern":                       {"*@example.org @alice", "alice", true},
		"pattern without somebody":      {"*@example.org,!bob@example.org @alice", "alice", true},
		"for git":                       {`rm@example.org namespaces="git" @alice`, "alice", true},
		"for git and files":             {`rm@example.org namespaces="file,git" @alice`, "alice", true},
		"for files":                     {`rm@example.org namespaces="file" @alice`, "alice", false},
		"for anything but git":          {`rm@example.org namespaces="*,!git" @alice`, "alice", false},
		"for files, then for git":       {"rm@example.org namespaces=\"file\" @alice\nrm@example.org namespaces=\"git\" @alice", "alice", true},
		"for files, git by another":     {"rm@example.org namespaces=\"file\" @alice\nbob@example.org namespaces=\"git\" @alice", "alice", false},
		"valid":                         {`rm@example.org valid-after="20140701Z",valid-before="20140801Z" @alice`, "alice", true},
		"not valid yet":                 {`rm@example.org valid-after="201407011201Z" @alice`, "alice", false},
		"valid from that second":        {`rm@example.org valid-after="20140701120000Z" @alice`, "alice", true},
		"valid until that second":       {`rm@example.org valid-before="20140701120000Z" @alice`, "alice", true},
		"not valid any more":            {`rm@example.org valid-before="20140701115959Z" @alice`, "alice", false},
		"local time":                    {`rm@example.org valid-after="20140701120001" @alice`, "alice", false},
		"options in capitals":           {`rm@example.org NAMESPACES="git" @alice`, "alice", true},
		"expired, then renewed":         {"rm@example.org valid-before=\"20140101Z\" @alice\nrm@example.org @alice", "alice", true},
		"an authority's key":            {"rm@example.org cert-authority @alice", "alice", false},
		"certificate":                   {"rm@example.org cert-authority @authority", "certified", true},
		"certificate for another":       {"bob@example.org cert-authority @authority", "certified", false},
		"certificate of another":        {"rm@example.org cert-authority @alice", "certified", false},
		"certificate, pattern":          {"*@example.org cert-authority @authority", "certified", true},
		"certificate, among others":     {"bob@example.org,rm@example.org cert-authority @authority", "certified", true},
		"certificate, not an authority": {"rm@example.org @authority", "certified", false},
		"certificate's own key":         {"rm@example.org @certified", "certified", false},
		"certificate that expired":      {"rm@example.org cert-authority @authority", "expired", false},
		"certificate for git":           {`rm@example.org cert-authority,namespaces="git" @authority`, "certified", true},
		"certificate for files":         {`rm@example.org cert-authority,namespaces="file" @authority`, "certified", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := peer.withKeys(test.list)
			said, good := peer.git(t, list, test.key)
			parsed, err := signers.Parse(list, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			payload, armor := object.Unsigned(peer.tags[test.key])
			signer, err := parsed.Verify(payload, armor, gittest.Epoch())
			if good != test.good || (err == nil) != good {
				t.Errorf("git finds it good: %v, this package: %v (%v), expected %v", good, err == nil, err, test.good)
			}
			if good && !strings.Contains(said, `Good "git" signature for `+signer.Principal+" with") {
				t.Errorf("git says %q, and this package that it is by %s", said, signer)
			}
		})
	}
}

// Revoked keys count for neither.
func TestRevocationIsGits(t *testing.T) {
	t.Parallel()
	peer := newPeer(t)
	list := peer.withKeys("rm@example.org @alice\nops@example.org @bob\nrm@example.org cert-authority @authority")
	revoked := peer.withKeys("# lost\n@alice lost\n@authority\n")
	file := filepath.Join(t.TempDir(), "revoked")
	if err := os.WriteFile(file, []byte(revoked), 0o600); err != nil {
		t.Fatal(err)
	}
	parsed, err := signers.Parse(list, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.Revoke(revoked); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{"alice": false, "bob": true, "certified": false} {
		said, good := peer.git(t, list, key, "-c", "gpg.ssh.revocationFile="+file)
		payload, armor := object.Unsigned(peer.tags[key])
		_, err := parsed.Verify(payload, armor, gittest.Epoch())
		if good != want || (err == nil) != want {
			t.Errorf("%s: git finds it good: %v (%s), this package: %v, expected %v", key, good, said, err, want)
		}
	}
}

// Commits, which carry their signature in a header, are taken apart as git does.
func TestCommitsAsGit(t *testing.T) {
	t.Parallel()
	peer := newPeer(t)
	repo := peer.repo
	repo.Git("-c", "user.signingKey="+filepath.Join(peer.keys, "alice"), "commit", "--quiet", "--allow-empty", "-S", "-m", "Subject\n\ngpgsig is a header")
	id := repo.ID("HEAD")
	raw, err := repo.Try("", "cat-file", "commit", id.String())
	if err != nil {
		t.Fatal(err)
	}
	signed := object.Object{Kind: object.KindCommit, Data: []byte(raw)}
	if signed.ID() != id {
		t.Fatalf("read %s, expected %s", signed.ID(), id)
	}
	for list, want := range map[string]bool{"rm@example.org @alice": true, "rm@example.org @bob": false} {
		parsed, err := signers.Parse(peer.withKeys(list), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		repo.At(repo.Home).Write("allowed", peer.withKeys(list))
		_, gitErr := repo.Try("", "-c", "gpg.ssh.allowedSignersFile="+filepath.Join(repo.Home, "allowed"), "verify-commit", id.String())
		payload, armor := object.Unsigned(signed)
		_, err = parsed.Verify(payload, armor, gittest.Epoch())
		if (gitErr == nil) != want || (err == nil) != want {
			t.Errorf("%s: git: %v, this package: %v, expected good: %v", list, gitErr, err, want)
		}
	}
}

// peer is a repository with tags that git signed with each of the keys.
type peer struct {
	repo *gittest.Repo
	keys string
	tags map[string]object.Object
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	p := &peer{repo: gittest.New(t), keys: t.TempDir(), tags: map[string]object.Object{}}
	// Every command sees the epoch as its date: no commit is made before the tags.
	p.repo.Git("commit", "--quiet", "--allow-empty", "--message=Begin")
	p.keygen(t, "-t", "ed25519", "-f", "authority")
	for _, key := range []string{"alice", "bob", "certified", "expired"} {
		p.keygen(t, "-t", "ed25519", "-f", key)
	}
	p.keygen(t, "-t", "rsa", "-b", "2048", "-f", "rsa")
	p.keygen(t, "-t", "ecdsa", "-f", "ecdsa")
	p.keygen(t, "-s", "authority", "-I", "id", "-n", "rm@example.org", "-V", "20140101000000:20150101000000", "certified.pub")
	p.keygen(t, "-s", "authority", "-I", "id", "-n", "rm@example.org", "-V", "20140101000000:20140601000000", "expired.pub")
	p.repo.Git("config", "gpg.format", "ssh")
	for _, key := range []string{"alice", "bob", "rsa", "ecdsa", "certified", "expired"} {
		path := filepath.Join(p.keys, key)
		if _, err := os.Stat(path + "-cert.pub"); err == nil {
			path += "-cert.pub"
		}
		p.repo.Git("-c", "user.signingKey="+path, "tag", "-s", "-m", "Release", key)
		p.tags[key] = object.Object{Kind: object.KindTag, Data: []byte(p.repo.Git("cat-file", "tag", key) + "\n")}
	}
	return p
}

func (p *peer) keygen(t *testing.T, arguments ...string) {
	t.Helper()
	if arguments[0] == "-t" {
		arguments = append(arguments, "-N", "", "-C", "test")
	}
	command := exec.Command("ssh-keygen", append([]string{"-q"}, arguments...)...)
	command.Dir, command.Env = p.keys, p.repo.Environ()
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, output)
	}
}

// withKeys fills public keys into a list.
func (p *peer) withKeys(list string) string {
	for _, name := range []string{"authority", "alice", "bob", "rsa", "ecdsa", "certified"} {
		public, err := os.ReadFile(filepath.Join(p.keys, name+".pub"))
		if err != nil {
			panic(err)
		}
		fields := strings.Fields(string(public))
		list = strings.ReplaceAll(list, "@"+name, fields[0]+" "+fields[1])
	}
	return list
}

// git has git verify a tag, and returns what it says.
func (p *peer) git(t *testing.T, list, tag string, options ...string) (said string, good bool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "allowed")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("git", append(options, "-c", "gpg.ssh.allowedSignersFile="+file, "verify-tag", "--raw", tag)...)
	command.Dir, command.Env = p.repo.Dir, p.repo.Environ()
	output, err := command.CombinedOutput()
	return string(output), err == nil
}
