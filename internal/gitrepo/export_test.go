package gitrepo

// ParseConfigForTest parses a configuration file and counts its settings.
func ParseConfigForTest(data []byte) (int, error) {
	settings, err := parseConfig(data, "test")
	return len(settings), err
}
