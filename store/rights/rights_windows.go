// SPDX-License-Identifier: Apache-2.0

package rights

import (
	"fmt"
	"os"
	"strings"
	"unsafe" //nolint:depguard // a structure tells Windows its size

	"golang.org/x/sys/windows"
)

// Create makes an empty file and opens it for writing. A file that is there already is fs.ErrExist.
func Create(path string) (*os.File, error) {
	name, attributes, err := creation(path, "")
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	handle, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, attributes, windows.CREATE_NEW, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}

// Mkdir makes a directory, whose rights the files in it inherit. One that is there already is fs.ErrExist.
func Mkdir(path string) error {
	name, attributes, err := creation(path, "OICI")
	if err == nil {
		err = windows.CreateDirectory(name, attributes)
	}
	if err != nil {
		return &os.PathError{Op: "mkdir", Path: path, Err: err}
	}
	return nil
}

// Tighten takes away what others may do with a file: it keeps the rights of SYSTEM, Administrators, the owner and this
// account, and those of accounts that are named one by one, because doapctl cannot know which of them the server runs
// as. Groups lose theirs, and nothing is inherited any more. It returns who lost rights, or nothing if nobody did.
func Tighten(path string) (before string, err error) {
	found, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return "", &os.PathError{Op: "read the rights of", Path: path, Err: err}
	}
	self, err := account()
	if err != nil {
		return "", err
	}
	wanted, losers, err := tightened(found, self)
	if err != nil {
		return "", &os.PathError{Op: "read the rights of", Path: path, Err: err}
	}
	if wanted == "" {
		return "", nil
	}
	list, err := accessList(wanted)
	if err != nil {
		return "", err
	}
	err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	if err != nil {
		return "", &os.PathError{Op: "change the rights of", Path: path, Err: err}
	}
	return strings.Join(losers, ", "), nil
}

// Like lets those use a file who may use the model: when an administrator makes a file beside one of the server's, the
// server's account must be able to read it.
func Like(path, model string) error {
	found, err := windows.GetNamedSecurityInfo(model, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return &os.PathError{Op: "read the rights of", Path: model, Err: err}
	}
	list, _, err := found.DACL()
	if err != nil {
		return &os.PathError{Op: "read the rights of", Path: model, Err: err}
	}
	err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	if err != nil {
		return &os.PathError{Op: "change the rights of", Path: path, Err: err}
	}
	return nil
}

// creation returns what the functions that create something ask for.
func creation(path, inheritance string) (*uint16, *windows.SecurityAttributes, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, nil, err
	}
	self, err := account()
	if err != nil {
		return nil, nil, err
	}
	descriptor, err := windows.SecurityDescriptorFromString(private(inheritance, self))
	if err != nil {
		return nil, nil, err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	return name, attributes, nil
}

// private is an access list in the security descriptor definition language: protected (P) from the directory's, full
// access (FA) for SYSTEM (SY), the group Administrators (BA) and the given accounts.
func private(inheritance string, accounts ...*windows.SID) string {
	text, seen := "D:P", map[string]bool{}
	for _, sid := range append([]string{systemSID, administratorsSID}, texts(accounts)...) {
		if !seen[sid] {
			seen[sid] = true
			text += fmt.Sprintf("(A;%s;FA;;;%s)", inheritance, sid)
		}
	}
	return text
}

// The same on every computer.
const (
	systemSID         = "S-1-5-18"
	administratorsSID = "S-1-5-32-544"
)

func texts(sids []*windows.SID) []string {
	var all []string
	for _, sid := range sids {
		all = append(all, sid.String())
	}
	return all
}

// account is whom this process runs as. A thread of the server may act for somebody else meanwhile.
func account() (*windows.SID, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("find out which account this process runs as: %w", err)
	}
	return user.User.Sid, nil
}

func accessList(text string) (*windows.ACL, error) {
	descriptor, err := windows.SecurityDescriptorFromString(text)
	if err != nil {
		return nil, fmt.Errorf("read the access list %s: %w", text, err)
	}
	list, _, err := descriptor.DACL()
	return list, err
}
