// Package lingua detects languages with the models of lingua-go.
package lingua
