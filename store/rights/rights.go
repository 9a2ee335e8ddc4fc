// SPDX-License-Identifier: Apache-2.0

// Package rights creates files and directories that nobody but the server's account may use, and takes away what
// others may do with older ones. Whatever ndoap keeps on disk, it makes here: SQLite and the standard library ask the
// umask on Linux, and the access list of the directory on Windows.
//
// On Linux that is mode 600 for files and 700 for directories. On Windows it is an access list with SYSTEM, the
// group Administrators and the account of this process, which inherits nothing from the directory.
package rights
