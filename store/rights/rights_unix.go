// SPDX-License-Identifier: Apache-2.0

//go:build unix

package rights

import (
	"os"
	"syscall"
)

// Create makes an empty file and opens it for writing. A file that is there already is fs.ErrExist.
func Create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// Mkdir makes a directory. One that is there already is fs.ErrExist.
func Mkdir(path string) error {
	return os.Mkdir(path, 0o700)
}

// Tighten takes away what group and others may do with a file. It returns what that was, or nothing if there was
// nothing to do.
func Tighten(path string) (before string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 == 0 {
		return "", nil
	}
	return info.Mode().Perm().String(), os.Chmod(path, 0o600)
}

// Like lets those use a file who may use the model: when root makes a file beside one of the server's, the server must
// be able to read it. Nobody but root can give files away, and nobody else has to.
func Like(path, model string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(model)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return os.Chown(path, int(owner.Uid), int(owner.Gid))
}
