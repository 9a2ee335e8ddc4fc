// SPDX-License-Identifier: Apache-2.0

package main

// foreignOwner names nobody: what doapctl creates is for SYSTEM and Administrators, too, as whom the server usually runs.
func foreignOwner(string) (name string, foreign bool) { return "", false }
