package image_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// A fake is the head of an executable: enough to tell what it is.
type fake struct {
	machine elf.Machine
	abi     elf.OSABI
	kind    elf.Type
	interp  bool     // needs a dynamic loader
	needs   []string // libraries
	size    int64    // of the file; if 0, that of the head
}

// write writes a fake to a file of its own and returns its name.
func (f fake) write(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(name, f.bytes(t), 0o755); err != nil {
		t.Fatal(err)
	}
	if f.size > 0 {
		if err := os.Truncate(name, f.size); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

// dense writes a fake that is as large when it is compressed.
func dense(t *testing.T, size int64) string {
	t.Helper()
	name := fake{}.write(t)
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{}), size); err != nil {
		t.Fatal(err)
	}
	return name
}

func (f fake) bytes(t *testing.T) []byte {
	t.Helper()
	if f.machine == 0 {
		f.machine = elf.EM_X86_64
	}
	if f.kind == 0 {
		f.kind = elf.ET_EXEC
	}
	const head, prog, sect = 64, 56, 64
	progs := []elf.Prog64{{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X)}}
	if f.interp {
		progs = append(progs, elf.Prog64{Type: uint32(elf.PT_INTERP)})
	}
	names := []byte{0}
	var dynamic []elf.Dyn64
	for _, n := range f.needs {
		dynamic = append(dynamic, elf.Dyn64{Tag: int64(elf.DT_NEEDED), Val: uint64(len(names))})
		names = append(append(names, n...), 0)
	}
	dynamic = append(dynamic, elf.Dyn64{})
	at := uint64(head + prog*len(progs))
	sections := []elf.Section64{{}}
	if len(f.needs) > 0 {
		size := uint64(16 * len(dynamic))
		sections = append(sections,
			elf.Section64{Type: uint32(elf.SHT_DYNAMIC), Off: at, Size: size, Link: 2, Entsize: 16},
			elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: at + size, Size: uint64(len(names))})
		at += size + uint64(len(names))
	}
	sections = append(sections, elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: at, Size: 1})
	h := elf.Header64{
		Type: uint16(f.kind), Machine: uint16(f.machine), Version: 1, Ehsize: head,
		Phoff: head, Phentsize: prog, Phnum: uint16(len(progs)),
		Shoff: at + 1, Shentsize: sect, Shnum: uint16(len(sections)), Shstrndx: uint16(len(sections) - 1),
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	h.Ident[elf.EI_VERSION], h.Ident[elf.EI_OSABI] = byte(elf.EV_CURRENT), byte(f.abi)
	var b bytes.Buffer
	put := func(v any) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	put(h)
	put(progs)
	if len(f.needs) > 0 {
		put(dynamic)
		put(names)
	}
	put([]byte{0})
	put(sections)
	return b.Bytes()
}
