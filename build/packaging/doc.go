// SPDX-License-Identifier: Apache-2.0

// Package packaging owns the package for Linux: install.sh, which knows Domino's places, and package.sh, which wraps it
// with the files into an archive and a Debian package. The tests run both against made-up Domino servers.
package packaging
