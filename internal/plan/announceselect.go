package plan

import (
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/ledger"
)

// SelectAnnouncements says which announcements a request is about, in order of time.
func SelectAnnouncements(s *Snapshot, request AnnounceRequest) ([]Selected, error) {
	if err := checkAnnounceRequest(request); err != nil {
		return nil, err
	}
	open, err := s.Ledger.Outbox(s.Component.Name)
	if err != nil {
		return nil, err
	}
	var selected []Selected
	for _, one := range open {
		if request.isAbout(one) {
			selected = append(selected, s.selectOpen(one, request))
		}
	}
	fresh, err := s.selectFresh(open, request)
	if err != nil {
		return nil, err
	}
	selected = append(selected, fresh...)
	if len(selected) > 0 || request.Version.IsZero() && request.Key == "" {
		return selected, nil
	}
	return s.selectDelivered(request)
}

func checkAnnounceRequest(request AnnounceRequest) error {
	named := !request.Version.IsZero() || request.Key != ""
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--again", request.Again}, {"--sent", request.Sent}, {"--lift-embargo", request.Lift}} {
		if flag.set && !named {
			return misuse("looprel announce VERSION "+flag.name+"; looprel announce --preview names them", "%s wants to know which announcement", flag.name)
		}
	}
	if request.Again && request.Sent {
		return misuse("give one of the two", "--again sends, and --sent says that it needs no sending")
	}
	if request.Lift {
		return checkReason("--lift-embargo", true, request.Reason)
	}
	if request.Sent {
		return checkReason("--sent", true, request.Reason)
	}
	return nil
}

func (r AnnounceRequest) isAbout(one ledger.Outgoing) bool {
	switch {
	case r.Key != "":
		return one.Key == r.Key
	case one.Event != ledger.EventReminder && r.RemindersOnly:
		return false
	case one.Event == ledger.EventReminder && !r.Reminders:
		// Whether it is still due is for tick to find out; a doubt is shown.
		return r.Version.IsZero() && one.Sending != nil
	}
	return r.Version.IsZero() || one.Version == r.Version
}

// selectFresh are those that no act has made due, as far as nobody has begun to send
// them.
func (s *Snapshot) selectFresh(open []ledger.Outgoing, request AnnounceRequest) ([]Selected, error) {
	var selected []Selected
	for _, one := range request.Fresh {
		if slices.ContainsFunc(open, func(o ledger.Outgoing) bool { return o.Key == one.Key }) {
			continue
		}
		_, sent, err := s.Ledger.Delivered(s.Component.Name, one)
		if err != nil {
			return nil, err
		}
		if !sent {
			selected = append(selected, s.selectOpen(ledger.Outgoing{Announcement: one, At: s.Now, By: s.Operator}, request))
		}
	}
	return selected, nil
}

// selectOpen judges an announcement that is not known to have been sent.
func (s *Snapshot) selectOpen(one ledger.Outgoing, request AnnounceRequest) Selected {
	selected := Selected{Outgoing: one, doubtful: one.MaybeSent(s.Now)}
	hold := func(command, format string, values ...any) {
		selected.held, selected.command = fmt.Sprintf(format, values...), command
	}
	switch sending := one.Sending; {
	case (request.Sent || slices.Contains(request.Drop, one.Key)) && (sending == nil || selected.doubtful):
	case selected.doubtful && !request.Again:
		why := "without an outcome"
		if sending.Lost != "" {
			why = sending.Lost
		}
		hold(fmt.Sprintf("looprel announce %s --again sends it again; looprel announce %s --sent --reason TEXT, if it has arrived", one.Key, one.Key),
			"it may have been sent by %s, %s: %s", sending.By.Name, s.moment(sending.At), why)
	case sending != nil && !selected.doubtful:
		hold("looprel announce, later", "%s is sending it since %s", sending.By.Name, s.moment(sending.At))
	case !s.hasChannel(one.Channel):
		hold(fmt.Sprintf("looprel announce %s --sent --reason TEXT, if nobody is to be told", one.Key),
			"environments.yaml declares no %s any more", one.Channel)
	case one.NotBefore.After(s.Now) && !request.Lift:
		hold(fmt.Sprintf("looprel announce %s --lift-embargo --reason TEXT", one.Key), "under embargo until %s", s.moment(one.NotBefore))
	}
	return selected
}

// announcements adds what people have not been told yet.
func (n *Next) announcements(s *Snapshot) error {
	selected, err := SelectAnnouncements(s, AnnounceRequest{})
	if err != nil {
		return err
	}
	for _, one := range selected {
		due := Due{What: "send the " + one.What(), Who: ReleaseManager, Command: "looprel announce", Reason: "it is owed since " + s.moment(one.At),
			turn: turn{act: ActAnnounce, version: one.Version}}
		if one.Failed != "" {
			due.Reason = "not sent before: " + one.Failed
		}
		switch {
		case one.doubtful:
			due.What, due.Command, due.Reason = "find out about the "+one.What(), one.command, one.held
		case one.NotBefore.After(s.Now):
			due.From, due.Reason = one.NotBefore, one.held
			n.Waiting = append(n.Waiting, due)
			continue
		case one.held != "":
			continue // somebody is at it
		}
		n.Due = append(n.Due, due)
	}
	return nil
}

func (s *Snapshot) hasChannel(wanted ledger.Channel) bool {
	for _, channel := range s.channels() {
		if channel == wanted {
			return true
		}
	}
	return false
}

// selectDelivered finds what was sent before, to be sent again: of a release, what
// was told of it last.
func (s *Snapshot) selectDelivered(request AnnounceRequest) ([]Selected, error) {
	delivered, err := s.delivered(request)
	if err != nil {
		return nil, err
	}
	if len(delivered) == 0 {
		return s.selectUntold(request)
	}
	last := delivered[len(delivered)-1]
	var selected []Selected
	for _, one := range delivered {
		if !one.At.Equal(last.At) || one.Event != last.Event {
			continue
		}
		again := Selected{Outgoing: one.Outgoing, Delivered: true}
		again.Sending = nil
		if !request.Again {
			again.held = fmt.Sprintf("it was sent %s by %s: %s", s.moment(one.SentAt), one.SentBy.Name, one.Answer)
			again.command = fmt.Sprintf("looprel announce %s --again", one.Key)
		}
		selected = append(selected, again)
	}
	return selected, nil
}

func (s *Snapshot) delivered(request AnnounceRequest) ([]ledger.Delivered, error) {
	if request.Key == "" {
		return s.Ledger.DeliveredOf(s.Component.Name, request.Version)
	}
	one, ok, err := s.Ledger.FindDelivered(s.Component.Name, request.Key)
	if err != nil || !ok {
		return nil, err
	}
	return []ledger.Delivered{one}, nil
}

// selectUntold is a release that nobody was told of, because it was made before the
// train announced anything.
func (s *Snapshot) selectUntold(request AnnounceRequest) ([]Selected, error) {
	if request.Version.IsZero() {
		return nil, misuse("looprel announce --preview names those that are open; looprel log those that were sent", "there is no announcement %q", request.Key)
	}
	known, err := s.knownRelease(request.Version)
	switch {
	case err != nil:
		return nil, err
	case len(s.channels()) == 0:
		return nil, refuse("declare \"mail\" or \"webhook\" under train.announce in environments.yaml", "the train has no way to announce anything")
	case !request.Again:
		return nil, refuse(fmt.Sprintf("looprel announce %s --again", request.Version), "nobody was to be told of %s", request.Version)
	}
	var selected []Selected
	for _, one := range s.owe(announced{event: ledger.EventTagged, version: known.Version, cycle: known.Cycle, notBefore: known.Embargo}) {
		selected = append(selected, s.selectOpen(ledger.Outgoing{Announcement: one, At: known.At, By: known.By, Reason: known.Reason}, request))
	}
	return selected, nil
}
