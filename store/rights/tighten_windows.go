// SPDX-License-Identifier: Apache-2.0

package rights

import (
	"errors"
	"fmt"
	"slices"
	"unsafe" //nolint:depguard // an access list is read in its layout

	"golang.org/x/sys/windows"
)

// tightened returns the access list that a file should have, and who loses rights by it. It returns no list if the file
// has a good one. It never widens: what was denied stays denied, and nobody gains but those who may read the file anyway.
func tightened(found *windows.SECURITY_DESCRIPTOR, self *windows.SID) (wanted string, losers []string, err error) {
	control, _, err := found.Control()
	if err != nil {
		return "", nil, err
	}
	owner, _, err := found.Owner()
	if err != nil {
		return "", nil, err
	}
	insiders := []*windows.SID{self}
	if isAccount(owner) {
		insiders = append(insiders, owner)
	}
	wanted = private("", insiders...)

	list, _, err := found.DACL()
	if errors.Is(err, windows.ERROR_OBJECT_NOT_FOUND) || err == nil && list == nil {
		return wanted, []string{"everybody, for want of an access list"}, nil
	}
	if err != nil {
		return "", nil, err
	}
	denied, kept, losers, err := divide(list, append(texts(insiders), systemSID, administratorsSID))
	if err != nil {
		return "", nil, err
	}
	if len(losers) == 0 && control&windows.SE_DACL_PROTECTED != 0 {
		return "", nil, nil
	}
	wanted = "D:P" + denied + wanted[len("D:P"):] + kept // Windows wants what is denied first
	slices.Sort(losers)
	return wanted, slices.Compact(losers), nil
}

// divide reads the entries of an access list: what it denies, what it allows accounts other than those that have full
// access anyway, and who else it allows something.
func divide(list *windows.ACL, full []string) (denied, kept string, losers []string, err error) {
	for n := range list.AceCount {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, uint32(n), &entry); err != nil {
			return "", "", nil, err
		}
		if entry.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0 {
			continue // says nothing about this file
		}
		sid := sidOf(entry)
		switch {
		case entry.Header.AceType == windows.ACCESS_DENIED_ACE_TYPE:
			denied += fmt.Sprintf("(D;;%#x;;;%s)", uint32(entry.Mask), sid)
		case entry.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE:
			losers = append(losers, fmt.Sprintf("an entry of type %d", entry.Header.AceType))
		case slices.Contains(full, sid.String()):
		case isAccount(sid):
			kept += fmt.Sprintf("(A;;%#x;;;%s)", uint32(entry.Mask), sid)
		default:
			losers = append(losers, name(sid))
		}
	}
	return denied, kept, losers, nil
}

// sidOf is whom an entry of the types "allowed" and "denied" is about: the SID begins where SidStart is.
func sidOf(entry *windows.ACCESS_ALLOWED_ACE) *windows.SID {
	return (*windows.SID)(unsafe.Pointer(&entry.SidStart)) //nolint:gosec // the system has laid it out so
}

// isAccount tells accounts from groups. Who cannot be looked up counts as a group, which may have anybody in it.
func isAccount(sid *windows.SID) bool {
	const ntAuthority = 5
	if sid.IdentifierAuthority().Value[5] == ntAuthority && sid.SubAuthorityCount() > 0 {
		switch sid.SubAuthority(0) {
		case 18, 19, 20, 80: // SYSTEM, LOCAL SERVICE, NETWORK SERVICE, NT SERVICE\...: "well-known groups" to the look-up
			return true
		}
	}
	_, _, kind, err := sid.LookupAccount("")
	return err == nil && kind == windows.SidTypeUser
}

// name is what an administrator calls an account, or its number.
func name(sid *windows.SID) string {
	account, domain, _, err := sid.LookupAccount("")
	switch {
	case err != nil:
		return sid.String()
	case domain == "":
		return account
	}
	return domain + `\` + account
}
