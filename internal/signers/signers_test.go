package signers_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/mozilla-services/looprel/internal/signers"
)

const payload = "tag 0.10.0\n"

func at() time.Time { return time.Date(2014, time.August, 5, 18, 0, 0, 0, time.UTC) }

func newKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signerOf(t, private)
}

func signerOf(t *testing.T, private any) ssh.Signer {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func sign(t *testing.T, key ssh.Signer, namespace string) string {
	t.Helper()
	signature, err := sshsig.SignWithRand(strings.NewReader(payload), rand.Reader, key, sshsig.HashSHA512, namespace)
	if err != nil {
		t.Fatal(err)
	}
	return string(sshsig.Armor(signature))
}

func public(key ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))
}

func parse(t *testing.T, text string) *signers.List {
	t.Helper()
	list, err := signers.Parse(text, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestVerify(t *testing.T) {
	t.Parallel()
	alice, bob := newKey(t), newKey(t)
	good := sign(t, alice, "git")
	tests := map[string]struct{ list, armor, payload, want string }{
		"allowed":       {"rm@example.org @", good, payload, ""},
		"unsigned":      {"rm@example.org @", " \n", payload, "it is not signed"},
		"OpenPGP":       {"rm@example.org @", "-----BEGIN PGP SIGNATURE-----\n", payload, "neither of SSH nor of OpenPGP"},
		"damaged":       {"rm@example.org @", strings.Replace(good, "U1NIU0lH", "U1NJU0lH", 1), payload, "cannot be read"},
		"other content": {"rm@example.org @", good, "tag 0.10.1\n", "is bad"},
		"for files":     {"rm@example.org @", sign(t, alice, "file"), payload, "is bad: namespace does not match"},
		"somebody else": {"rm@example.org @", sign(t, bob, "git"), payload, "is not one of the allowed signers'"},
		"expired":       {`rm@example.org valid-before="20140805Z" @`, good, payload, "of rm@example.org was not valid at 2014-08-05T18:00:00Z"},
		"not for git":   {`rm@example.org namespaces="file" @`, good, payload, "may not sign for git"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := parse(t, strings.TrimSuffix(test.list, "@")+public(alice))
			signer, err := list.Verify([]byte(test.payload), test.armor, at())
			switch {
			case test.want == "" && (err != nil || signer.String() != "rm@example.org (ED25519 "+ssh.FingerprintSHA256(alice.PublicKey())+")"):
				t.Errorf("%s, %v", signer, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%s, %v; expected %q", signer, err, test.want)
			}
		})
	}
}

func TestRevoked(t *testing.T) {
	t.Parallel()
	alice := newKey(t)
	list := parse(t, "rm@example.org "+public(alice))
	if err := list.Revoke("# gone\n\n" + public(newKey(t)) + "\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := list.Verify([]byte(payload), sign(t, alice, "git"), at()); err != nil {
		t.Fatal(err)
	}
	if err := list.Revoke(public(alice) + " alice\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := list.Verify([]byte(payload), sign(t, alice, "git"), at()); err == nil || !strings.Contains(err.Error(), "is revoked") {
		t.Errorf("a revoked key: %v", err)
	}
	for _, bad := range []string{"SSHKRL\n\x00", "ssh-ed25519\n"} {
		if err := list.Revoke(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// legacy signs as a key that knows nothing but SHA-1.
type legacy struct{ ssh.AlgorithmSigner }

func (l legacy) SignWithAlgorithm(random io.Reader, data []byte, _ string) (*ssh.Signature, error) {
	return l.AlgorithmSigner.SignWithAlgorithm(random, data, ssh.KeyAlgoRSA)
}

func TestSHA1(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := signerOf(t, private).(ssh.AlgorithmSigner)
	list := parse(t, "rm@example.org "+public(key))
	signature, err := sshsig.SignWithRand(strings.NewReader(payload), rand.Reader, legacy{key}, sshsig.HashSHA512, "git")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := list.Verify([]byte(payload), string(sshsig.Armor(signature)), at()); err == nil || !strings.Contains(err.Error(), `invalid signature format "ssh-rsa"`) {
		t.Errorf("a signature made with SHA-1: %v", err)
	}
}

func TestParseProblems(t *testing.T) {
	t.Parallel()
	key := public(newKey(t))
	tests := map[string]string{
		"rm@example.org":                                                           "line 1: no key",
		"# fine\nrm@example.org ssh-ed25519":                                       "line 2: no key",
		"rm@example.org ssh-ed25519 AAAA":                                          "is no key",
		`"rm@example.org ` + key:                                                   "a quote that does not end",
		"rm@example.org namespace=\"git\" " + key:                                  `the option "namespace"`,
		"rm@example.org namespaces=git " + key:                                     "with its value in quotes",
		"rm@example.org valid-after=\"2014\" " + key:                               `the time "2014", expected YYYYMMDD`,
		"rm@example.org valid-after=\"20140230\" " + key:                           `the time "20140230"`,
		"rm@example.org valid-after=\"20140802\",valid-before=\"20140801\" " + key: "before valid-after",
	}
	for text, want := range tests {
		if _, err := signers.Parse(text, time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, expected %q", text, err, want)
		}
	}
	// A kind of key of the future is no problem: nothing that it signs counts.
	if _, err := signers.Parse("rm@example.org ssh-next AAAACHNzaC1uZXh0AAAAAA== x\n", time.UTC); err != nil {
		t.Error(err)
	}
}

// Whatever a list holds, reading it ends, and what cannot be read allows nobody.
func FuzzParse(f *testing.F) {
	f.Add("rm@example.org namespaces=\"git\",valid-after=\"20140701Z\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGsbTGG0fH0oUS4mXSYIGSgTJHrT0Zp5Wm7zr9nFvIIZ")
	f.Add("\"a b\",!c cert-authority ssh-rsa AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := signers.Parse(text, time.UTC)
		if err != nil {
			return
		}
		if _, err := list.Verify([]byte(payload), "-----BEGIN SSH SIGNATURE-----\n"+text, at()); err == nil {
			t.Error("a signature out of nothing")
		}
	})
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	alice := newKey(t)
	armor := sign(t, alice, "git")
	for namespaces, want := range map[string]bool{
		"git": true, "g*": true, "*": true, "g?t": true, "*t": true, "g*i*t*": true, "??": false, "gi": false, "git?": false, "*g": false,
		"!git,*": false, "*,!git": false, "!file,git": true, "!git": false, "GIT": false,
	} {
		list := parse(t, `rm@example.org namespaces="`+namespaces+`" `+public(alice))
		if _, err := list.Verify(bytes.Clone([]byte(payload)), armor, at()); (err == nil) != want {
			t.Errorf("namespaces %q: %v", namespaces, err)
		}
	}
}
