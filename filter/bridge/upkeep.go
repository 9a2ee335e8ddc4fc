// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"errors"
	"slices"
	"time"

	"ndoap/store"
)

// sweepEvery is how often records that can never be used again are removed.
const sweepEvery = 10 * time.Minute

// sweep removes expired records, and what is older than the audit trail is to be.
func (in *instance) sweep(ctx context.Context, now time.Time) {
	if in.store == nil {
		return
	}
	expired, err := in.store.DeleteExpired(ctx, now)
	if err == nil {
		var forgotten int
		forgotten, err = in.store.DeleteAudit(ctx, now.Add(-in.source.Current().Audit.Retention))
		in.log.Debug("expired records removed", "count", expired, "audit_events", forgotten)
	}
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrUnavailable) {
		in.log.Warn("expired records could not be removed; the next try is in a few minutes", "err", err)
	}
}

// flushTime bounds how long a server that stops tries to store why it refused requests.
const flushTime = 5 * time.Second

// flushRefusals stores why requests were refused, which no request waits for.
func (in *instance) flushRefusals(ctx context.Context) {
	if service := in.service.Load(); service != nil {
		service.FlushRefusals(ctx)
	}
}

// storeUsesEvery is how often it is stored when API keys were used last.
const storeUsesEvery = time.Minute

// storeKeyUses stores when API keys were used since the last time.
func (in *instance) storeKeyUses(ctx context.Context) {
	service := in.service.Load()
	if service == nil {
		return
	}
	err := service.StoreKeyUses(ctx)
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrUnavailable) { // the store speaks for itself
		in.log.Warn("when API keys were used last could not be stored; the next try is in a minute", "err", err)
	}
}

// administrator is the address of events that doapctl records.
const administrator = "doapctl"

// trail is how far the audit trail has been read for the console.
type trail struct {
	newest     int64  // id of the newest event that was seen
	generation uint64 // of the store at the last look; events of changes come with it
}

// notLooked stands for the id of the newest event before the first look.
const notLooked = -1

// announce says on the console what administrators did with doapctl since the last look: a key that was added or a
// user whose tokens were ended is as much the business of whoever watches the server as that of whoever did it.
func (in *instance) announce(ctx context.Context) {
	if in.store == nil {
		return
	}
	generation := in.store.Generation()
	if generation == in.trail.generation && in.trail.newest != notLooked {
		return
	}
	events, newest, err := in.changesSince(ctx, in.trail.newest)
	if err != nil {
		in.log.Debug("the audit trail cannot be read", "err", err) // the store reports its own faults
		return
	}
	for _, event := range events {
		in.requests.Info("an administrator used doapctl", "action", event.Action, "account", event.User,
			"client_id", event.ClientID, "detail", event.Detail)
	}
	in.trail = trail{newest: newest, generation: generation}
}

// changesSince are the events of administrators after one, the oldest first, and the id of the newest event of all. With
// notLooked it is only the id, and so it is when the newest event is older than the last one that was seen: then a backup was
// put into the database.
func (in *instance) changesSince(ctx context.Context, last int64) (events []store.AuditEvent, newest int64, err error) {
	const page, pages = 200, 20 // of a flood only the end is looked at
	filter := store.AuditFilter{Limit: page}
	for range pages {
		found, err := in.store.QueryAudit(ctx, filter)
		if err != nil {
			return nil, 0, err
		}
		for _, event := range found {
			newest = max(newest, event.ID)
			if last == notLooked || event.ID <= last {
				slices.Reverse(events)
				return events, newest, nil
			}
			if event.Address == administrator {
				events = append(events, event)
			}
		}
		if len(found) < page {
			break
		}
		filter.BeforeID = found[len(found)-1].ID
	}
	slices.Reverse(events)
	return events, newest, nil
}
