//go:build !race

package cli

// yearDays is how long the simulated year lasts.
const yearDays = 365
