// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"errors"
	"os"
	"time"
	"unsafe" //nolint:depguard // the system hands its result over in memory of its own

	"golang.org/x/sys/windows"
)

// protection is what keeps the key from others: DPAPI with the key of the computer, beside the access list of the file.
// The key of the account would shut the administrator's doapctl out.
const protection = "DPAPI, this computer"

const dpapiFlags = windows.CRYPTPROTECT_LOCAL_MACHINE | windows.CRYPTPROTECT_UI_FORBIDDEN

func protect(secret []byte) ([]byte, error) {
	var out windows.DataBlob
	if err := windows.CryptProtectData(dataBlob(secret), nil, nil, 0, nil, dpapiFlags, &out); err != nil {
		return nil, err
	}
	return taken(out)
}

func unprotect(content []byte) ([]byte, error) {
	if len(content) == 0 {
		return nil, errors.New("it is empty")
	}
	var out windows.DataBlob
	if err := windows.CryptUnprotectData(dataBlob(content), nil, nil, 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, &out); err != nil {
		return nil, err
	}
	return taken(out)
}

func dataBlob(content []byte) *windows.DataBlob {
	return &windows.DataBlob{Size: uint32(len(content)), Data: unsafe.SliceData(content)} //nolint:gosec // a small file
}

// taken copies what the system has allocated, and gives that back to it.
func taken(out windows.DataBlob) ([]byte, error) {
	there := unsafe.Slice(out.Data, out.Size) //nolint:gosec // so the system says
	content := bytes.Clone(there)
	clear(there)
	_, err := windows.LocalFree(windows.Handle(unsafe.Pointer(out.Data))) //nolint:gosec // as documented for CryptProtectData
	return content, err
}

// patience is how often, and how far apart, a file is tried that somebody has open for himself: whoever has just given it
// its name, or a virus scanner. Neither takes long.
const (
	patience = 50
	pause    = 20 * time.Millisecond
)

// open opens a file for reading.
func open(path string) (*os.File, error) {
	for try := 1; ; try++ {
		file, err := os.Open(path)
		if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) || try == patience {
			return file, err
		}
		time.Sleep(pause)
	}
}

// publish gives a file its name unless the name is taken (fs.ErrExist), and returns after that is on disk.
func publish(draft, path string) error {
	from, err := windows.UTF16PtrFromString(draft)
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	if err := windows.MoveFileEx(from, to, windows.MOVEFILE_WRITE_THROUGH); err != nil {
		return &os.LinkError{Op: "rename", Old: draft, New: path, Err: err}
	}
	return nil
}
