-- SPDX-License-Identifier: Apache-2.0
-- API keys. Times are microseconds since 1970 UTC: expires_at 0 is never, revoked_at and last_used_at 0 not yet.

CREATE TABLE api_keys (
    id           TEXT NOT NULL PRIMARY KEY,
    hash         TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL CHECK (kind IN ('person', 'name')),
    user_name    TEXT NOT NULL,
    label        TEXT NOT NULL,
    scope        TEXT NOT NULL,
    created_by   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    revoked_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_user ON api_keys (user_name);

-- When a key was used last decides nothing, so that it leaves the generation alone.
CREATE TRIGGER api_key_added AFTER INSERT ON api_keys BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER api_key_changed AFTER UPDATE OF id, hash, kind, user_name, label, scope, created_by, created_at, expires_at,
    revoked_at ON api_keys BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER api_key_removed AFTER DELETE ON api_keys BEGIN UPDATE registry SET generation = generation + 1; END;
