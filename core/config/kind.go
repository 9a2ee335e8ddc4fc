// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// setting is one key that files may contain.
type setting struct {
	key     string
	allowed string                                // what a value must be, for messages and the manual
	read    func(c *Config, value *node) Problems // stores the value; Key of a problem is relative to the key
	show    func(c *Config) any                   // the value as a file would have it
	part    *part                                 // what is out of use while the value is wrong; nil: the configuration
}

// wrong reports a value that is not what the setting allows.
func (n *node) wrong(allowed string) Problems {
	return Problems{n.problem("is %s, expected %s", n.describe(), allowed)}
}

// textSetting reads a text that check accepts.
func textSetting(key, allowed string, at func(*Config) *string, check func(string) error) setting {
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			text, isText := value.value.(string)
			if !isText {
				return value.wrong(allowed)
			}
			if err := check(text); err != nil {
				return Problems{value.problem("is %s: %v; expected %s", value.describe(), err, allowed)}
			}
			*at(c) = text
			return nil
		},
		show: func(c *Config) any { return *at(c) },
	}
}

// plainText accepts one line of at most limit characters, of at least one unless it may be empty.
func plainText(limit int, mayBeEmpty bool) func(string) error {
	return func(text string) error {
		switch {
		case strings.TrimSpace(text) == "" && (!mayBeEmpty || text != ""):
			return fmt.Errorf("it is empty")
		case utf8.RuneCountInString(text) > limit:
			return fmt.Errorf("it has more than %d characters", limit)
		case strings.ContainsFunc(text, unicode.IsControl):
			return fmt.Errorf("it contains a line end or another control character")
		}
		return nil
	}
}

// absolutePath accepts a path that means the same file to the server and to doapctl, wherever they were started, or
// nothing.
func absolutePath(text string) error {
	if text != "" && !filepath.IsAbs(text) {
		return fmt.Errorf("it depends on the folder in which a program was started")
	}
	return plainText(1000, true)(text)
}

// choiceSetting reads one of a few words.
func choiceSetting[Choice ~string](key string, at func(*Config) *Choice, choices ...Choice) setting {
	quoted := make([]string, len(choices))
	for i, choice := range choices {
		quoted[i] = strconv.Quote(string(choice))
	}
	allowed := strings.Join(quoted, " or ")
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			text, isText := value.value.(string)
			if !isText || !slices.Contains(choices, Choice(text)) {
				return value.wrong(allowed)
			}
			*at(c) = Choice(text)
			return nil
		},
		show: func(c *Config) any { return string(*at(c)) },
	}
}

// boolSetting reads true or false.
func boolSetting(key string, at func(*Config) *bool) setting {
	const allowed = "true or false, without quotes"
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			truth, isBool := value.value.(bool)
			if !isBool {
				return value.wrong(allowed)
			}
			*at(c) = truth
			return nil
		},
		show: func(c *Config) any { return *at(c) },
	}
}

// integerSetting reads a whole number within bounds.
func integerSetting(key string, at func(*Config) *int, least, most int) setting {
	allowed := fmt.Sprintf("a whole number from %d to %d", least, most)
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			number, isNumber := value.value.(json.Number)
			if !isNumber {
				return value.wrong(allowed)
			}
			whole, err := strconv.Atoi(number.String())
			if err != nil || whole < least || whole > most {
				return value.wrong(allowed)
			}
			*at(c) = whole
			return nil
		},
		show: func(c *Config) any { return *at(c) },
	}
}

// durationSetting reads a duration of whole seconds, from one up to a bound.
func durationSetting(key string, at func(*Config) *time.Duration, most time.Duration) setting {
	return durationBetween(key, at, time.Second, most)
}

// durationBetween reads a duration of whole seconds within bounds.
func durationBetween(key string, at func(*Config) *time.Duration, least, most time.Duration) setting {
	allowed := fmt.Sprintf("a duration from %q to %q", FormatDuration(least), FormatDuration(most))
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			text, isText := value.value.(string)
			if !isText {
				return value.wrong(allowed + ", in quotes and with its unit")
			}
			duration, err := ParseDuration(text)
			if err != nil {
				return value.wrong(allowed + ": a number with the unit s, m, h or d")
			}
			switch {
			case duration < least || duration > most:
				return value.wrong(allowed)
			case duration%time.Second != 0:
				return value.wrong(allowed + ", in whole seconds")
			}
			*at(c) = duration
			return nil
		},
		show: func(c *Config) any { return FormatDuration(*at(c)) },
	}
}

const day = 24 * time.Hour

// ParseDuration reads Go's durations ("90s", "1h30m") and whole days ("30d"), which Go leaves out.
func ParseDuration(text string) (time.Duration, error) {
	if days, found := strings.CutSuffix(text, "d"); found {
		count, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(count) * day, err
	}
	return time.ParseDuration(text)
}

// FormatDuration writes whole seconds in the largest unit that divides them.
func FormatDuration(duration time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if duration >= unit.length && duration%unit.length == 0 {
			return fmt.Sprintf("%d%s", duration/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%ds", duration/time.Second)
}

// orNever lets a duration also be "never", which is 0.
func orNever(duration setting, at func(*Config) *time.Duration) setting {
	const never = "never"
	read, show := duration.read, duration.show
	duration.allowed += `, or "never"`
	duration.read = func(c *Config, value *node) Problems {
		if text, isText := value.value.(string); isText && text == never {
			*at(c) = 0
			return nil
		}
		if read(c, value) != nil {
			return value.wrong(duration.allowed)
		}
		return nil
	}
	duration.show = func(c *Config) any {
		if *at(c) == 0 {
			return never
		}
		return show(c)
	}
	return duration
}

// maxListed bounds a list of texts.
const maxListed = 1000

// listSetting reads a list of texts that check accepts, each once.
func listSetting(key, allowed, example string, at func(*Config) *[]string, check func(string) error) setting {
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			elements, isList := value.value.([]*node)
			if !isList || len(elements) > maxListed {
				return value.wrong(fmt.Sprintf("%s, such as [%q]", allowed, example))
			}
			var faults Problems
			var texts []string
			for i, element := range elements {
				text, isText := element.value.(string)
				err := check(text)
				switch {
				case !isText:
					err = fmt.Errorf("it is no text")
				case err == nil && slices.Contains(texts, text):
					err = fmt.Errorf("it is there twice")
				}
				if err != nil {
					fault := element.problem("is %s: %v; expected a text such as %q", element.describe(), err, example)
					fault.Key = fmt.Sprintf("[%d]", i)
					faults = append(faults, fault)
				}
				texts = append(texts, text)
			}
			if faults == nil {
				*at(c) = texts
			}
			return faults
		},
		show: func(c *Config) any { return append([]string{}, *at(c)...) },
	}
}

// prefixesSetting reads a list of addresses and of networks in CIDR notation.
func prefixesSetting(key string, at func(*Config) *[]netip.Prefix) setting {
	const allowed = "a list of addresses and networks"
	const example = `an address such as "192.0.2.7" or a network such as "192.0.2.0/24"`
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			elements, isList := value.value.([]*node)
			if !isList {
				return value.wrong(allowed + `, such as ["192.0.2.7", "2001:db8::/32"]`)
			}
			var faults Problems
			var prefixes []netip.Prefix
			for i, element := range elements {
				text, _ := element.value.(string)
				prefix, err := parsePrefix(text)
				if err != nil {
					fault := element.wrong(example)[0]
					fault.Key = fmt.Sprintf("[%d]", i)
					faults = append(faults, fault)
				}
				prefixes = append(prefixes, prefix)
			}
			if faults == nil {
				*at(c) = prefixes
			}
			return faults
		},
		show: func(c *Config) any { return append([]netip.Prefix{}, *at(c)...) },
	}
}

// parsePrefix reads an address as a network of one, and an IPv4 address in IPv6 notation as what it is.
func parsePrefix(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		prefix, err := netip.ParsePrefix(text)
		if err == nil && prefix.Addr().Is4In6() {
			err = fmt.Errorf("%s is an IPv4 network in IPv6 notation", text)
		}
		return prefix.Masked(), err
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if address.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%s has a zone", text)
	}
	address = address.Unmap()
	return netip.PrefixFrom(address, address.BitLen()), nil
}
