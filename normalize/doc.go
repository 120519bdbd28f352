// Package normalize has stages that edit text.
package normalize
