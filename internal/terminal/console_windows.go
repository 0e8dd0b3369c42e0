package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableEscapes asks the console to interpret escape sequences, which older ones
// do only when asked, and reports whether it does.
func enableEscapes(file *os.File) bool {
	console := windows.Handle(file.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
