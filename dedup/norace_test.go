//go:build !race

package dedup_test

const racing = false

const failEvery = 1
