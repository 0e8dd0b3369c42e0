// Package usage tells what a process has used, where the standard library does not
// tell that alike on every system, and what samples have in the middle. It is for
// measuring programs, and imports nothing of looprel.
package usage
