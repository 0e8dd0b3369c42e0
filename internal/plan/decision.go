package plan

import (
	"net/url"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// DecisionPlan records what somebody says: it changes nothing but the ledger.
type DecisionPlan struct {
	Verb        string `json:"verb"`
	Component   string `json:"component"`
	Environment string `json:"environment,omitempty"`
	Version     string `json:"version,omitempty"`
	// Set is the id of the set that it is about, in place of a version.
	Set string `json:"set,omitempty"`
	// Number is that of a block.
	Number int    `json:"number,omitempty"`
	Reason string `json:"reason,omitempty"`
	Note   string `json:"note,omitempty"`
	Ref    string `json:"ref,omitempty"`
	// Identity says how sure it is who decides, and Login who that is at the forge, ""
	// where it did not say.
	Identity Identity `json:"identity"`
	Login    string   `json:"login,omitempty"`
	// Already says, if set, that there is nothing to do.
	Already string   `json:"already,omitempty"`
	Notes   []string `json:"notes,omitempty"`
	Steps   []Step   `json:"steps"`

	Entry ledger.Entry `json:"-"`
}

// About is what the decision is about, for people: a release or a set.
func (p *DecisionPlan) About() string {
	if p.Set != "" {
		return ledger.SetTitle(p.Set)
	}
	return p.Component + " " + p.Version
}

// Announced reports whether people are told of the decision, where the train tells
// them anything.
func (p *DecisionPlan) Announced() bool { return p.Entry.Kind == ledger.KindBackedOff }

// decision begins the plan of a decision.
func (s *Snapshot) decision(verb string, kind ledger.Kind) *DecisionPlan {
	p := &DecisionPlan{
		Verb: verb, Component: s.Component.Name, Identity: IdentityOf(s.Operator, s.Sign.Ledger), Login: s.Operator.Login,
		Steps: []Step{}, Entry: s.entry(kind),
	}
	if note := s.LoginNote(); note != "" {
		p.Notes = append(p.Notes, note)
	}
	return p
}

// record adds the step that writes the entry.
func (p *DecisionPlan) record(s *Snapshot, reason string) {
	p.Steps = append(p.Steps, Step{Kind: AppendLedger, Target: s.Train.LedgerRef, Want: p.Entry.Subject(), Reason: reason})
}

// knownRelease is a release that the ledger must know for something to be said
// about it.
func (s *Snapshot) knownRelease(version release.Version) (ledger.Release, error) {
	known, ok, err := s.Ledger.Release(s.Component.Name, version)
	if err == nil && !ok {
		err = refuse("looprel status lists the releases; looprel adopt takes over one that was made by hand", "the ledger does not know %s %s", s.Component.Name, version)
	}
	return known, err
}

// subject is the release of that version, or in the snapshot of the whole train the set
// that the text names, and what it is called in commands.
func (s *Snapshot) subject(version release.Version, text string) (known ledger.Release, called string, err error) {
	if s.Component.Name != ledger.AllComponents {
		known, err = s.knownRelease(version)
		return known, version.String(), err
	}
	set, err := s.FindSet(text)
	if err != nil {
		return known, "", err
	}
	as, err := s.setRelease(set)
	if err != nil {
		return known, "", err
	}
	return *as, set.ID, nil
}

// about fills in what a plan is about.
func (p *DecisionPlan) about(known ledger.Release, called string) {
	if known.Component == ledger.AllComponents {
		p.Set = called
	} else {
		p.Version = called
	}
}

// releasesTo is an environment that takes releases.
func (s *Snapshot) releasesTo(name string) (release.Environment, error) {
	environment, ok := s.Train.Environment(name)
	switch {
	case !ok:
		return environment, misuse("the environments are "+strings.Join(environmentNames(s.Train), ", "), "there is no environment %q", name)
	case environment.Follows != "":
		return environment, misuse("choose an environment that takes releases", "%s follows branch %s and takes no releases", name, environment.Follows)
	case !environment.Commissioned:
		return environment, refuse("set \"commissioned: true\" in environments.yaml once it exists", "%s is not commissioned", name)
	}
	return environment, nil
}

// longestText bounds what somebody may have recorded beside a decision, in bytes.
const longestText = 10_000

// checkText bounds a note or a reason.
func checkText(flag, text string) error {
	if len(text) > longestText {
		return misuse("put it elsewhere, and give --ref URL", "%s has %d bytes, and at most %d are recorded", flag, len(text), longestText)
	}
	return nil
}

// checkRef holds --ref to an address that may be shown to everybody.
func checkRef(text string) error {
	if text == "" {
		return nil
	}
	ref, err := url.Parse(text)
	switch {
	case err != nil || ref.Host == "" || ref.Scheme != "https" && ref.Scheme != "http":
		return misuse("give an address such as https://reports.example.org/42", "--ref %q is no URL", text)
	case ref.User != nil:
		return misuse("leave them out: the ledger is read by everybody", "--ref carries credentials")
	case len(text) > longestText:
		return misuse("give a shorter one", "--ref has %d bytes, and at most %d are recorded", len(text), longestText)
	}
	return nil
}
