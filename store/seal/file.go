// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"ndoap/store/rights"
)

// The file is a PEM block, so that whoever meets it can see what it is and a cut is noticed.
const (
	fileBlock        = "NDOAP SEALING KEY"
	headerProtection = "Protection"
	headerID         = "Id"
	filePreamble     = "The sealing key of ndoap: without it the private keys in the database beside it cannot be read.\n" +
		"Keep a copy of it, and keep it away from copies of the database.\n\n"
	fileLimit = 64 << 10 // far above any that was made
)

// FileOf is where the sealing key of a database lies: beside it.
func FileOf(database string) string { return database + ".key" }

// Open reads the sealing key of a file that Create or Import made. A file that is not there is fs.ErrNotExist.
func Open(path string) (*Key, error) {
	content, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the sealing key file %s does not exist: %w", path, missing{})
	}
	if err != nil {
		return nil, fmt.Errorf("the sealing key file %s cannot be read: give the account of the server the right to: %w", path, err)
	}
	secret, id, err := decodeFile(content)
	if err != nil {
		return nil, fmt.Errorf("the sealing key file %s cannot be used: %w", path, err)
	}
	opened, err := newKey(secret)
	if err != nil || opened.id != id {
		return nil, fmt.Errorf("the sealing key file %s cannot be used: %w", path, errDamaged)
	}
	return opened, nil
}

// Create is Open for a file that need not be there: it makes one, with a new key, that only the server's account may
// read. Of several that create at once, one makes the file and all get its key.
func Create(path string) (*Key, error) {
	opened, err := Open(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return opened, err
	}
	secret := make([]byte, secretSize)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	made, err := newKey(secret)
	if err != nil {
		return nil, err
	}
	err = made.write(path)
	if errors.Is(err, fs.ErrExist) {
		return Open(path)
	}
	if err != nil {
		return nil, err
	}
	return made, nil
}

// write makes the file; fs.ErrExist if there is one. Nobody ever sees half of it: it gets its name when it is on disk.
func (k *Key) write(path string) (err error) {
	defer func() {
		if err != nil && !errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("the sealing key file %s cannot be created: give your account the right to write the directory: %w",
				path, err)
		}
	}()
	content, err := k.encodeFile()
	if err != nil {
		return err
	}
	draft := path + ".new-" + rand.Text()[:8]
	file, err := rights.Create(draft)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = publish(draft, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return nil
}

func (k *Key) encodeFile() ([]byte, error) {
	blob, err := protect(k.secret)
	if err != nil {
		return nil, fmt.Errorf("the system does not protect the sealing key (%s): %w", protection, err)
	}
	block := pem.EncodeToMemory(&pem.Block{
		Type:    fileBlock,
		Headers: map[string]string{headerProtection: protection, headerID: k.id},
		Bytes:   blob,
	})
	return append([]byte(filePreamble), block...), nil
}

func decodeFile(content []byte) (secret []byte, id string, err error) {
	block, rest := pem.Decode(content)
	if block == nil || block.Type != fileBlock || len(bytes.TrimSpace(rest)) > 0 {
		return nil, "", errDamaged
	}
	if by := block.Headers[headerProtection]; by != protection {
		return nil, "", fmt.Errorf("it is protected by %q, which works on another system only: %w", by, errCarry)
	}
	if secret, err = unprotect(block.Bytes); err != nil {
		return nil, "", fmt.Errorf("this computer cannot unprotect it (%w): it is damaged or was made on another computer: %w",
			err, errCarry)
	}
	return secret, block.Headers[headerID], nil
}

func readFile(path string) (content []byte, err error) {
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, fileLimit))
}

var errDamaged = fmt.Errorf("it is damaged, or no sealing key of ndoap: %w", errCarry)

// missing is errCarry for a file that is not there.
type missing struct{}

func (missing) Error() string { return errCarry.Error() }
func (missing) Unwrap() error { return fs.ErrNotExist }
