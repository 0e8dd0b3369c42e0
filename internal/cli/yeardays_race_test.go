//go:build race

package cli

// yearDays is how long the simulated year lasts where the detector of data races makes
// each hour many times as long: races within a day are what it looks for.
const yearDays = 35
