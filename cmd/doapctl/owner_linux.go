// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// foreignOwner names the account that a directory belongs to, if that is another one than the account that runs this.
func foreignOwner(dir string) (name string, foreign bool) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() {
		return "", false
	}
	name = strconv.FormatUint(uint64(stat.Uid), 10)
	if known, err := user.LookupId(name); err == nil {
		name = known.Username
	}
	return name, true
}
