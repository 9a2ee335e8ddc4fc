// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"errors"
	"time"

	"ndoap/core/dominoname"
)

// ErrTaken is returned for a name that is to be nobody's and is not.
var ErrTaken = errors.New("the Domino directory has an entry of this name")

// Free returns nil if the directory has no entry at all for a canonical name, under the name itself, in its abbreviated
// form and under its common name: no person, group, server or anything else. Domino holds the common name of who is of
// the server's own organization against access control lists, too, where it may be a group's. What Domino's view finds
// for letters that it sorts alike counts as well: Domino may take the two for members of the same groups.
func Free(d Directory, name string) error {
	if d == nil {
		return ErrUnavailable
	}
	for _, form := range []string{name, dominoname.Abbreviated(name), dominoname.Common(name)} {
		found, err := d.Find(form)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return ErrTaken
		}
	}
	return nil
}

// Free is Free of this package, answered from memory if it was asked within the last minute.
func (c *Cache) Free(d Directory, name string, now time.Time) error {
	if known, found := c.recall(name, now, &c.free); found {
		return known.err
	}
	err := Free(d, name)
	if err == nil || errors.Is(err, ErrTaken) {
		c.remember(&c.free, name, answer{err: err, until: now.Add(keepFor)})
	}
	return err
}
