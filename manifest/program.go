package manifest

import (
	"runtime"
	"runtime/debug"

	"github.com/textmill/textmill/internal/ucd"
)

// A Program says which program made something.
type Program struct {
	Path     string            `json:"path"`               // of its main package
	Version  string            `json:"version"`            // of the module it is in; "(devel)" if not a release
	Revision string            `json:"revision,omitempty"` // of the version control system
	Modified bool              `json:"modified,omitempty"` // whether the sources had changes over Revision
	Go       string            `json:"go"`                 // version of the toolchain
	Unicode  string            `json:"unicode"`            // version of the character data that decides about text
	Modules  map[string]string `json:"modules,omitempty"`  // version of each dependency
}

// ThisProgram describes the running program from what the Go tool has put into
// it. "go run" puts in no revision; "go build" does.
func ThisProgram() Program {
	p := Program{Go: runtime.Version(), Unicode: ucd.Version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return p
	}
	p.Path, p.Version, p.Modules = info.Path, info.Main.Version, map[string]string{}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		p.Modules[m.Path] = m.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			p.Revision = s.Value
		case "vcs.modified":
			p.Modified = s.Value == "true"
		}
	}
	return p
}
