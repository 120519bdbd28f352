//go:build race

package main

// race makes the tests leave out what differs from the rest in settings alone.
const race = true
