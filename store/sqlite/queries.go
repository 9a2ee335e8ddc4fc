// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// queries runs SQL, each text prepared once. The committer has its own on its one connection, the readers share
// another over their pool. Errors come back in the store's terms.
type queries struct {
	prepare   func(ctx context.Context, text string) (*sql.Stmt, error)
	translate func(ctx context.Context, err error) error

	mutex    sync.Mutex
	prepared map[string]*sql.Stmt // by text; all texts are constants, so it stays small
}

func (q *queries) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if known, ok := q.prepared[text]; ok {
		return known, nil
	}
	// A statement outlives the request that needed it first, so its context must not end it.
	fresh, err := q.prepare(context.WithoutCancel(ctx), text) //nolint:sqlclosecheck // as in exec
	if err != nil {
		return nil, err
	}
	if q.prepared == nil {
		q.prepared = map[string]*sql.Stmt{}
	}
	q.prepared[text] = fresh
	return fresh, nil
}

// close releases the statements. SQLite keeps a connection, its locks and its files until its last statement is gone.
func (q *queries) close() error {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	var failures []error
	for _, statement := range q.prepared {
		failures = append(failures, statement.Close())
	}
	return errors.Join(failures...)
}

// exec runs a statement and returns how many rows it touched.
func (q *queries) exec(ctx context.Context, text string, arguments ...any) (int, error) {
	statement, err := q.statement(ctx, text) //nolint:sqlclosecheck // kept for the next call; close closes it
	if err != nil {
		return 0, q.translate(ctx, err)
	}
	result, err := statement.ExecContext(ctx, arguments...)
	if err != nil {
		return 0, q.translate(ctx, err)
	}
	count, err := result.RowsAffected()
	if err != nil {
		return 0, q.translate(ctx, err)
	}
	return int(count), nil
}

// row is what a scan function reads one record from.
type row interface{ Scan(columns ...any) error }

// one returns the first record of a query, or store.ErrNotFound.
func one[T any](ctx context.Context, q *queries, scan func(row) (T, error), text string, arguments ...any) (T, error) {
	var none T
	statement, err := q.statement(ctx, text) //nolint:sqlclosecheck // kept for the next call; close closes it
	if err != nil {
		return none, q.translate(ctx, err)
	}
	record, err := scan(statement.QueryRowContext(ctx, arguments...))
	if err != nil {
		return none, q.translate(ctx, err)
	}
	return record, nil
}

// all returns every record of a query.
func all[T any](ctx context.Context, q *queries, scan func(row) (T, error), text string, arguments ...any) ([]T, error) {
	statement, err := q.statement(ctx, text) //nolint:sqlclosecheck // kept for the next call; close closes it
	if err != nil {
		return nil, q.translate(ctx, err)
	}
	rows, err := statement.QueryContext(ctx, arguments...)
	if err != nil {
		return nil, q.translate(ctx, err)
	}
	defer rows.Close() //nolint:errcheck // what matters is in rows.Err, and a second Close does nothing
	var records []T
	for rows.Next() {
		record, err := scan(rows)
		if err != nil {
			return nil, q.translate(ctx, err)
		}
		records = append(records, record)
	}
	if err := rows.Err(); err != nil {
		return nil, q.translate(ctx, err)
	}
	return records, nil
}

// number scans a single integer.
func number(r row) (int64, error) {
	var value int64
	err := r.Scan(&value)
	return value, err
}

// instant is a time as the database keeps it: microseconds since 1970 UTC, the zero time as 0.
type instant time.Time

// Value implements driver.Valuer.
func (i instant) Value() (driver.Value, error) {
	if time.Time(i).IsZero() {
		return int64(0), nil
	}
	return time.Time(i).UnixMicro(), nil
}

// Scan implements sql.Scanner.
func (i *instant) Scan(value any) error {
	micros, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", value)
	}
	*i = instant{}
	if micros != 0 {
		*i = instant(time.UnixMicro(micros).UTC())
	}
	return nil
}

// span is a duration as the database keeps it: microseconds.
type span time.Duration

// Value implements driver.Valuer.
func (s span) Value() (driver.Value, error) { return time.Duration(s).Microseconds(), nil }

// Scan implements sql.Scanner.
func (s *span) Scan(value any) error {
	micros, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a duration is stored as %T", value)
	}
	*s = span(time.Duration(micros) * time.Microsecond)
	return nil
}

// list is a list of strings as the database keeps it: a JSON array.
type list []string

// Value implements driver.Valuer.
func (l list) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "[]", nil
	}
	text, err := json.Marshal([]string(l))
	return string(text), err
}

// Scan implements sql.Scanner.
func (l *list) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a list is stored as %T", value)
	}
	*l = nil
	var items []string
	if err := json.Unmarshal([]byte(text), &items); err != nil {
		return fmt.Errorf("read a list: %w", err)
	}
	if len(items) > 0 {
		*l = items
	}
	return nil
}

// blob is bytes that may be none, which the driver would store as NULL.
func blob(content []byte) []byte {
	if content == nil {
		return []byte{}
	}
	return content
}
