package gitrepo

// syncDirectory does nothing: Windows writes a directory's names with the file.
func syncDirectory(string) error { return nil }
