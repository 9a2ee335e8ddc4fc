// SPDX-License-Identifier: Apache-2.0

// Package artifact judges the files that a build makes: what they export and import, how they are hardened, which
// version they carry. It reads what a loader would read and runs nothing.
package artifact

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

var errTruncated = errors.New("the file ends before its tables do")

// image is a PE file with its sections where the loader would put them, so that addresses can be followed.
type image struct {
	*pe.File
	characteristics uint16 // IMAGE_DLLCHARACTERISTICS_...
	directories     []pe.DataDirectory
}

func openImage(path string) (*image, error) {
	file, err := pe.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	switch header := file.OptionalHeader.(type) {
	case *pe.OptionalHeader32:
		return &image{file, header.DllCharacteristics, header.DataDirectory[:]}, nil
	case *pe.OptionalHeader64:
		return &image{file, header.DllCharacteristics, header.DataDirectory[:]}, nil
	default:
		return nil, errors.Join(fmt.Errorf("%s is not an image", path), file.Close())
	}
}

// at returns everything from a relative virtual address to the end of its section.
func (i *image) at(address uint32) ([]byte, error) {
	for _, section := range i.Sections {
		if address < section.VirtualAddress || address-section.VirtualAddress >= section.Size {
			continue
		}
		data, err := section.Data()
		if err != nil {
			return nil, fmt.Errorf("read section %s: %w", section.Name, err)
		}
		return data[address-section.VirtualAddress:], nil
	}
	return nil, fmt.Errorf("address %#x: %w", address, errTruncated)
}

// exports returns the names in the export table, sorted.
func (i *image) exports() ([]string, error) {
	// IMAGE_EXPORT_DIRECTORY: NumberOfNames at 24, AddressOfNames at 32.
	directory, err := i.at(i.directories[pe.IMAGE_DIRECTORY_ENTRY_EXPORT].VirtualAddress)
	if err != nil {
		return nil, err
	}
	if len(directory) < 40 {
		return nil, errTruncated
	}
	count := binary.LittleEndian.Uint32(directory[24:])
	table, err := i.at(binary.LittleEndian.Uint32(directory[32:]))
	if err != nil {
		return nil, err
	}
	if uint64(len(table)) < 4*uint64(count) {
		return nil, errTruncated
	}
	names := make([]string, count)
	for n := range names {
		text, err := i.at(binary.LittleEndian.Uint32(table[4*n:]))
		if err != nil {
			return nil, err
		}
		name, _, ended := bytes.Cut(text, []byte{0})
		if !ended {
			return nil, errTruncated
		}
		names[n] = string(name)
	}
	slices.Sort(names)
	return names, nil
}

// imports returns the names of the libraries that the loader must find, in lower case, sorted.
func (i *image) imports() ([]string, error) {
	symbols, err := i.ImportedSymbols() // "function:library"
	if err != nil {
		return nil, fmt.Errorf("read the imports: %w", err)
	}
	var libraries []string
	for _, symbol := range symbols {
		_, library, _ := strings.Cut(symbol, ":")
		libraries = append(libraries, strings.ToLower(library))
	}
	slices.Sort(libraries)
	return slices.Compact(libraries), nil
}
