package infra

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// placeholder is what Terraform's templatefile replaces. With a doubled first
// character it stands for itself.
var placeholder = regexp.MustCompile(`\$*\$\{[^}]*\}?|%*%\{[^}]*\}?`)

// checkMachine returns an error if Terraform cannot fill the template of the state
// machine.
func checkMachine(machine []byte, d *spec.Deployment) error {
	if !json.Valid(machine) {
		return errors.New("infra: the state machine is not JSON")
	}
	known := []string{"bucket", "prefix_key", "jobs_queue", "steady_queue", "topic"}
	for key := range jobs(d) {
		known = append(known, spec.Placeholder(key))
	}
	for _, p := range placeholder.FindAllString(string(machine), -1) {
		name, isName := strings.CutPrefix(p, "${")
		name, closed := strings.CutSuffix(name, "}")
		switch {
		case strings.HasPrefix(p, "$${") || strings.HasPrefix(p, "%%{"):
		case !isName || !closed || !slices.Contains(known, name):
			return fmt.Errorf("infra: the state machine has %s, which the module does not fill", p)
		}
	}
	return nil
}
