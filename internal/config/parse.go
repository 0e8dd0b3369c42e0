package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// formatVersion is the version of the file's format that this package reads.
const formatVersion = "1"

// Parse reads an environments.yaml. Defaults are filled in, and components and
// environments keep the order of the file. The file's name serves the messages
// alone. An error is of type Problems and holds all that is wrong with the file.
func Parse(file string, data []byte) (*release.Train, error) {
	text := bytes.TrimPrefix(data, []byte(byteOrderMark))
	d := &decoder{file: file, end: placeOf(text, len(text)), refused: map[*yaml.Node]bool{}}
	train := d.parse(text)
	if len(d.problems) > 0 {
		return nil, d.problems.inFileOrder()
	}
	return train, nil
}

// Digest identifies the bytes of a file: "sha256:" and 64 hexadecimal digits.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (d *decoder) parse(text []byte) *release.Train {
	if !d.checkText(text) {
		return nil
	}
	root := d.document(text)
	if root == nil || !d.supported(root) {
		return nil
	}
	d.checkAliases(root)
	return d.declarations(root)
}

// supported reports a file of another format version, whose keys cannot be judged.
func (d *decoder) supported(root *yaml.Node) bool {
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		key, version := root.Content[i], root.Content[i+1]
		if key.Value == "version" && version.Kind == yaml.ScalarNode && version.Tag == integerTag && version.Value != formatVersion {
			d.report(version, "a file of format version %s, expected version: %s, or a newer looprel that reads it", clipped(version.Value), formatVersion)
			return false
		}
	}
	return true
}

// declarations reads the whole file.
func (d *decoder) declarations(root *yaml.Node) *release.Train {
	train := &release.Train{LedgerRef: release.DefaultLedgerRef, OffCycle: release.DefaultOffCycle(), Tick: release.Tick{Remind: true}}
	var version int
	forge := slices.Contains(d.declaredNames("section", root).known, "github")
	roles := &roster{names: names{kind: "role"}, forge: forge}
	contacts := d.contacts(&train.Contacts)
	read := d.mapping(root, "the file",
		required("version", formatVersion, d.integer(&version, 1)),
		required("timezone", "America/Los_Angeles", value(d, &train.Zone, "the name of a zone", parseZone)),
		required("train", "{…}", d.train(train)),
		// Environments refer to roles, so that the contacts come first.
		optional("contacts", func(node *yaml.Node) {
			before := len(d.problems)
			contacts(node)
			*roles = roster{names: *d.declaredNames("role", node), contacts: train.Contacts, damaged: len(d.problems) > before, forge: forge}
		}),
		required("components", "{…}", d.components(&train.Components)),
		required("environments", "{…}", func(node *yaml.Node) { d.environments(&train.Environments, roles)(node) }),
		optional("tick", func(node *yaml.Node) { d.tick(train)(node) }),
		optional("links", d.links(&train.Links)),
		optional("github", d.github(&train.GitHub)),
		optional("release", d.releaseWay(&train.ViaPullRequest)),
		optional("ledger", d.ledger(&train.LedgerRef)),
		optional("allowed-signers", value(d, &train.AllowedSigners, "the path of a file", cleanFile)),
		optional("openpgp-keys", value(d, &train.OpenPGPKeys, "the path of a file", cleanFile)),
	)
	d.checkLedger(read, train)
	d.checkSets(read, train)
	if !read.meant("github") {
		d.checkGitHubWanted(train, read)
	}
	for _, environment := range train.Environments {
		if read.ok("github") && train.GitHub.NoDeployments && environment.Deploy.Way == release.DeployByDeployment {
			d.reportValue(read, "github", "no deployments, expected some: %s is deployed to by them", environment.Name)
		}
	}
	return train
}

func (d *decoder) links(links *release.Links) reader {
	return func(node *yaml.Node) {
		d.mapping(node, "links",
			optional("bug", value(d, &links.Bug, "a URL with {id} in it", parseLink)),
			optional("pull-request", value(d, &links.PullRequest, "a URL with {id} in it", parseLink)),
		)
	}
}

func (d *decoder) ledger(ref *string) reader {
	return func(node *yaml.Node) {
		d.mapping(node, "the ledger",
			required("ref", release.DefaultLedgerRef, value(d, ref, "the full name of a reference", parseLedgerRef)))
	}
}

// checkLedger keeps the ledger off the branches that people work on.
func (d *decoder) checkLedger(read section, train *release.Train) {
	if !read.ok("ledger") {
		return
	}
	for _, component := range train.Components {
		branch, isBranch := strings.CutPrefix(train.LedgerRef, "refs/heads/")
		_, isLine := component.BranchPattern.ParseBranch(branch)
		if isBranch && (branch == component.Branch || isLine) {
			d.reportValue(read, "ledger", "the ledger's reference %s is a branch of the component %s, expected one of its own, such as %s",
				quoted(train.LedgerRef), component.Name, release.DefaultLedgerRef)
			return
		}
	}
}
