// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"errors"
	"strings"
	"sync"
	"time"
)

const (
	keepFor = time.Minute // how long a person who was renamed or removed is still found
	mostOf  = 1000        // names, of people and of nobody each: made-up names do not push out people
)

// Cache remembers what One and Free found, for a minute. Its zero value is ready. A directory that could not be asked, and
// passwords, are never remembered.
type Cache struct {
	mu     sync.Mutex
	people map[string]answer
	nobody map[string]answer
	free   map[string]answer // of Free
}

// answer is what One returned, and until when it is good.
type answer struct {
	person Person
	err    error
	until  time.Time
}

// One is One of this package, answered from memory if it was asked within the last minute.
func (c *Cache) One(d Directory, name string, now time.Time) (Person, error) {
	if known, found := c.recall(name, now, &c.people, &c.nobody); found {
		return known.person, known.err
	}
	person, err := One(d, name)
	switch {
	case err == nil:
		c.remember(&c.people, name, answer{person: person, until: now.Add(keepFor)})
	case errors.Is(err, ErrNobody), errors.Is(err, ErrSeveral), errors.Is(err, ErrNotPerson):
		c.remember(&c.nobody, name, answer{err: err, until: now.Add(keepFor)})
	}
	return person, err
}

// recall looks a name up in some of the cache's maps.
func (c *Cache) recall(name string, now time.Time, in ...*map[string]answer) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, answers := range in {
		if known, found := (*answers)[name]; found {
			return known, now.Before(known.until) && !now.Before(known.until.Add(-keepFor)) // or a clock was set back
		}
	}
	return answer{}, false
}

// remember puts an answer in; when there is no place, any other gives way.
func (c *Cache) remember(answers *map[string]answer, name string, known answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.people, name)
	delete(c.nobody, name)
	if *answers == nil {
		*answers = map[string]answer{}
	}
	for other := range *answers {
		if len(*answers) < mostOf {
			break
		}
		delete(*answers, other)
	}
	(*answers)[strings.Clone(name)] = known
}
