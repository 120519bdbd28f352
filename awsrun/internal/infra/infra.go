// Package infra makes what a deployment needs on AWS, by Terraform: it writes the
// module in the folder module together with the variables and the state machine of a
// deployment, and runs terraform.
package infra

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

//go:embed module
var module embed.FS

// Names of the files that are not the same for all deployments.
const (
	variablesFile = "textmill.auto.tfvars.json"
	machineFile   = "state_machine.asl.json"
)

// Write writes the module into a directory, with the variables of the deployment and
// the template of its state machine. If the directory is not there, it is made. Files
// that an earlier Write has left are replaced or, if they are no longer part of the
// module, removed. Others stay: the state, a backend.tf, overrides. If one of them has
// the name of a file of the module, that is an error. The same arguments leave the
// same files.
func Write(dir string, d *spec.Deployment, machine []byte) error {
	variables, err := Variables(d)
	if err != nil {
		return err
	}
	if err := checkMachine(machine, d); err != nil {
		return err
	}
	files := map[string][]byte{variablesFile: variables, machineFile: machine}
	sub, err := fs.Sub(module, "module")
	if err != nil {
		return fmt.Errorf("infra: %w", err)
	}
	entries, err := fs.ReadDir(sub, ".")
	if err != nil {
		return fmt.Errorf("infra: %w", err)
	}
	for _, e := range entries {
		if files[e.Name()], err = fs.ReadFile(sub, e.Name()); err != nil {
			return fmt.Errorf("infra: %w", err)
		}
	}
	return writeFiles(dir, files)
}
