//go:build race

package main

// racing: the tests look for races.
const racing = true
