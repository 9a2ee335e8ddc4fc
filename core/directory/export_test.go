// SPDX-License-Identifier: Apache-2.0

package directory

// Len is how many names are remembered.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.people) + len(c.nobody) + len(c.free)
}
