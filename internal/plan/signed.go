package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// Signatures are what a release rests on: its tag, and the ledger's entries from the
// one that recorded it on, the newest first.
type Signatures struct {
	// List says which file allows signers, "" if there is none.
	List    string
	Tag     Signed
	Entries []Signed
	// Failure says, if set, why not everything could be looked at.
	Failure string
}

// Signed is a tag or an entry, and what its signature is worth.
type Signed struct {
	What string // for people
	// By is the name that the list has for the key, and Key its kind and fingerprint.
	By, Key string
	// Problem says, if set, why the signature does not count.
	Problem string
	// Unsigned: there is no signature at all.
	Unsigned bool
	// OtherKind: there is one of which the list says nothing; OpenPGP: it is of that kind.
	OtherKind, OpenPGP bool
}

// signedGate wants the release's tag, and what the ledger says of it since, to be
// signed by those who may.
func signedGate(sel *Selection, signatures *Signatures) Gate {
	const name = release.GateSigned
	undecided := func(cure, format string, values ...any) Gate {
		return Gate{Name: name, Verdict: Undecided, Cure: cure, Reason: fmt.Sprintf(format, values...)}
	}
	switch {
	case signatures == nil:
		return undecided("looprel adopt", "the ledger does not know %s", sel.Version)
	case signatures.List == "" && signatures.Failure == "":
		return undecided("name a list of them: allowed-signers (SSH) or openpgp-keys in environments.yaml, or git config gpg.ssh.allowedSignersFile", "nothing says whose signatures count")
	case signatures.Failure != "":
		return undecided("put that right, then try again", "the signatures could not be held to %s: %s", orList(signatures.List), signatures.Failure)
	case signatures.Tag.Problem != "":
		gate := unsignedGate(sel, signatures.List, signatures.Tag)
		gate.Evidence = []string{"by the list " + signatures.List}
		return gate
	}
	evidence := []string{fmt.Sprintf("%s: signed by %s (%s)", signatures.Tag.What, signatures.Tag.By, signatures.Tag.Key)}
	var problems []Signed
	var by []string
	for _, entry := range signatures.Entries {
		if entry.Problem != "" {
			problems = append(problems, entry)
		} else if !slices.Contains(by, entry.By) {
			by = append(by, entry.By)
		}
	}
	if len(problems) > 0 {
		gate := unsignedGate(sel, signatures.List, problems[0])
		if more := len(problems) - 1; more > 0 {
			gate.Reason += fmt.Sprintf(" (and %d more)", more)
		}
		gate.Evidence = evidence
		for _, one := range problems {
			gate.Evidence = append(gate.Evidence, one.What+": "+one.Problem)
		}
		return gate
	}
	slices.Sort(by)
	gate := pass(name, "the tag is signed by %s, the ledger since by %s", signatures.Tag.By, strings.Join(by, ", "))
	gate.Evidence = slices.Concat(evidence, []string{fmt.Sprintf("%d ledger entries from the one that records %s on: signed by %s", len(signatures.Entries), sel.Version, strings.Join(by, ", ")),
		"by the list " + signatures.List})
	return gate
}

func orList(list string) string {
	if list == "" {
		return "the list of allowed signers"
	}
	return list
}

// unsignedGate is the verdict about a signature that does not count. One of another
// kind may be as good as any: that cannot be decided.
func unsignedGate(sel *Selection, list string, signed Signed) Gate {
	gate := fail(release.GateSigned, signedAnew(sel, list, signed), "%s: %s", signed.What, signed.Problem)
	if signed.OtherKind {
		gate.Verdict = Undecided
	}
	return gate
}

// signedAnew is what can be done about a signature that does not count: what is
// written stays as it is.
func signedAnew(sel *Selection, list string, signed Signed) string {
	cure := fmt.Sprintf("have git sign (user.signingKey, gpg.format), and release a patch: looprel backport %s COMMIT", sel.Version)
	switch {
	case signed.OpenPGP:
		cure = "name the keys that may sign: openpgp-keys in environments.yaml, a file of gpg --armor --export KEY; otherwise " + cure
	case !signed.Unsigned && !signed.OtherKind:
		cure = fmt.Sprintf("add the key to %s if it may sign; otherwise ", list) + cure
	}
	return cure
}
