package githubtest

import "slices"

// What people do with pull requests on GitHub's pages.

// OpenPull opens a pull request. Of the number, the commit and the author only those
// that are not given are filled in.
func (s *Server) OpenPull(one Pull) Pull {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if one.Author == "" {
		one.Author = Login
	}
	one.Open = true
	if one.Commit = s.git.branch(one.Head); one.Commit == "" || s.git.branch(one.Base) == "" {
		s.t.Errorf("there is no branch %s, or no %s", one.Head, one.Base)
		return one
	}
	return s.addPull(one)
}

// Merge merges a pull request by merge, squash or rebase. A title and a text may
// replace the message that GitHub gives to a merge or a squash by itself.
func (s *Server) Merge(number int, method, title, text string) {
	s.onPull(number, func(one *Pull) {
		merged, err := s.merge(*one, method, title, text)
		if err != nil || !one.Open {
			s.t.Errorf("pull request %d cannot be merged: %v", number, err)
			return
		}
		one.Open, one.Merged = false, merged
	})
}

// ClosePull closes a pull request without merging it.
func (s *Server) ClosePull(number int) {
	s.onPull(number, func(one *Pull) { one.Open = false })
}

// LabelPull gives a pull request a label.
func (s *Server) LabelPull(number int, label string) {
	s.onPull(number, func(one *Pull) { one.Labels = append(slices.Clone(one.Labels), label) })
}

// Review gives a review in the name of somebody, who then is not asked any more.
func (s *Server) Review(number int, login string) {
	s.onPull(number, func(one *Pull) {
		one.Reviewers = slices.DeleteFunc(slices.Clone(one.Reviewers), func(other string) bool { return other == login })
		one.Reviewed = append(slices.Clone(one.Reviewed), login)
	})
}

// DeleteBranch deletes a branch, as GitHub does after a merge if it is told to.
func (s *Server) DeleteBranch(name string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.followBranches()
	if !s.git.succeeds("update-ref", "-d", "refs/heads/"+name) {
		s.t.Errorf("there is no branch %s", name)
	}
}

// onPull does something with the pull request of a number.
func (s *Server) onPull(number int, do func(one *Pull)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	at := s.pullAt(number)
	if at < 0 {
		s.t.Errorf("there is no pull request %d", number)
		return
	}
	do(&s.state.Pulls[at])
}
