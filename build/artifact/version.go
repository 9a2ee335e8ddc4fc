// SPDX-License-Identifier: Apache-2.0

package artifact

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
)

const (
	resourceVersion = 16         // RT_VERSION
	fixedSignature  = 0xFEEF04BD // of VS_FIXEDFILEINFO
)

// versionResource is what Explorer and installers see of a file.
type versionResource struct {
	numbers [4]uint16         // FILEVERSION
	text    map[string]string // of StringFileInfo
}

// version reads the version resource. A resource directory has three levels: type, name, language; the first name and
// language will do.
func (i *image) version() (*versionResource, error) {
	root, err := i.at(i.directories[pe.IMAGE_DIRECTORY_ENTRY_RESOURCE].VirtualAddress)
	if err != nil {
		return nil, errors.Join(errors.New("no resources"), err)
	}
	var offset uint32
	for _, want := range []uint32{resourceVersion, 0, 0} {
		if offset, err = resourceEntry(root, offset, want); err != nil {
			return nil, err
		}
	}
	if uint64(offset)+8 > uint64(len(root)) {
		return nil, errTruncated
	}
	// IMAGE_RESOURCE_DATA_ENTRY: address, size.
	data, err := i.at(binary.LittleEndian.Uint32(root[offset:]))
	if err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(root[offset+4:])
	if uint64(size) > uint64(len(data)) {
		return nil, errTruncated
	}
	return parseVersion(data[:size])
}

// resourceEntry returns the offset that the entry with the wanted id, or the first one for 0, leads to.
func resourceEntry(root []byte, directory, want uint32) (uint32, error) {
	if uint64(directory)+16 > uint64(len(root)) {
		return 0, errTruncated
	}
	named, numbered := binary.LittleEndian.Uint16(root[directory+12:]), binary.LittleEndian.Uint16(root[directory+14:])
	entries := root[directory+16:]
	for n := range int(named) + int(numbered) {
		if len(entries) < 8*n+8 {
			return 0, errTruncated
		}
		if id := binary.LittleEndian.Uint32(entries[8*n:]); want == 0 || id == want {
			return binary.LittleEndian.Uint32(entries[8*n+4:]) &^ (1 << 31), nil // the high bit: another directory
		}
	}
	return 0, fmt.Errorf("no resource of type %d", want)
}

// parseVersion reads VS_VERSIONINFO. Its strings are found by their keys: name, NUL, padding to 32 bits, value, NUL.
func parseVersion(data []byte) (*versionResource, error) {
	fixed := bytes.Index(data, binary.LittleEndian.AppendUint32(nil, fixedSignature))
	if fixed < 0 || len(data) < fixed+16 {
		return nil, errors.New("no fixed file information")
	}
	high, low := binary.LittleEndian.Uint32(data[fixed+8:]), binary.LittleEndian.Uint32(data[fixed+12:])
	version := &versionResource{
		numbers: [4]uint16{uint16(high >> 16), uint16(high), uint16(low >> 16), uint16(low)},
		text:    map[string]string{},
	}
	for _, key := range []string{"FileVersion", "ProductVersion", "OriginalFilename", "FileDescription"} {
		name := encode(key + "\x00")
		start := bytes.Index(data, name)
		if start < 0 {
			return nil, fmt.Errorf("no %s", key)
		}
		units := make([]uint16, 0, 64)
		for at := (start + len(name) + 3) &^ 3; at+1 < len(data); at += 2 {
			unit := binary.LittleEndian.Uint16(data[at:])
			if unit == 0 {
				break
			}
			units = append(units, unit)
		}
		version.text[key] = string(utf16.Decode(units))
	}
	return version, nil
}

// encode returns text in UTF-16, little endian.
func encode(text string) []byte {
	var encoded []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = binary.LittleEndian.AppendUint16(encoded, unit)
	}
	return encoded
}
