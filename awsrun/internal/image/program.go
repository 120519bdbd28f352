package image

import (
	"debug/elf"
	"fmt"
	"os"
)

var machines = map[string]elf.Machine{AMD64: elf.EM_X86_64, ARM64: elf.EM_AARCH64}

// checkProgram returns an error, which says what to do, unless a file can run in an
// image that has no libraries.
func checkProgram(file, arch string) error {
	machine, ok := machines[arch]
	if !ok {
		return fmt.Errorf("image: architecture %q is not known: use %s or %s", arch, AMD64, ARM64)
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("image: program: %w", err)
	}
	if !info.Mode().IsRegular() { // others cannot be read twice
		return fmt.Errorf("image: program: %s is not a regular file", file)
	}
	exe, err := elf.Open(file)
	if err != nil {
		return fmt.Errorf("image: %s is not a Linux program: build it with GOOS=linux (%w)", file, err)
	}
	defer exe.Close()
	switch {
	case exe.OSABI != elf.ELFOSABI_NONE && exe.OSABI != elf.ELFOSABI_LINUX:
		return fmt.Errorf("image: %s is for %v, not for Linux: build it with GOOS=linux", file, exe.OSABI)
	case exe.Machine != machine || exe.Class != elf.ELFCLASS64 || exe.Data != elf.ELFDATA2LSB:
		return fmt.Errorf("image: %s is for %v, not for %s: build it with GOARCH=%s", file, exe.Machine, arch, arch)
	case exe.Type != elf.ET_EXEC && exe.Type != elf.ET_DYN:
		return fmt.Errorf("image: %s is not a program but %v: build a main package", file, exe.Type)
	case !static(exe):
		return fmt.Errorf("image: %s needs libraries, and an image has none: build it with CGO_ENABLED=0", file)
	}
	return nil
}

// static reports whether a program needs neither a dynamic loader nor libraries.
func static(exe *elf.File) bool {
	for _, p := range exe.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	libraries, err := exe.ImportedLibraries()
	return err == nil && len(libraries) == 0
}
