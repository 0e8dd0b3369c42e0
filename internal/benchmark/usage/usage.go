// Package usage tells what a process has used that the standard library does not
// tell alike on every system. It is for measuring programs, and imports nothing of
// looprel.
package usage
