//go:build !race

package work

const racing = false
