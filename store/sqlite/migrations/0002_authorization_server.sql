-- SPDX-License-Identifier: Apache-2.0
-- Durations are microseconds. Lists of strings are JSON arrays.

ALTER TABLE clients ADD COLUMN jwks BLOB NOT NULL DEFAULT x'';
ALTER TABLE clients ADD COLUMN jwks_uri TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN grant_types TEXT NOT NULL DEFAULT '["authorization_code","refresh_token"]';
ALTER TABLE clients ADD COLUMN resources TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN introspection_audiences TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN access_token_lifetime INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN refresh_token_idle INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clients ADD COLUMN refresh_token_absolute INTEGER NOT NULL DEFAULT 0;

ALTER TABLE keys ADD COLUMN active_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN retired_at INTEGER NOT NULL DEFAULT 0;
UPDATE keys SET active_from = created_at;

ALTER TABLE authorization_requests ADD COLUMN resources TEXT NOT NULL DEFAULT '[]';
ALTER TABLE codes ADD COLUMN resources TEXT NOT NULL DEFAULT '[]';
CREATE INDEX codes_challenge ON codes (client_id, code_challenge);

ALTER TABLE grants ADD COLUMN type TEXT NOT NULL DEFAULT 'authorization_code';
ALTER TABLE grants ADD COLUMN resources TEXT NOT NULL DEFAULT '[]';
CREATE INDEX grants_user ON grants (user_name);

-- What ended before its time. Rows go when no access token can be left that they concern.
CREATE TABLE revocations (
    kind       TEXT NOT NULL CHECK (kind IN ('grant', 'token')),
    id         TEXT NOT NULL, -- of the grant, or jti of the token
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_expiry ON revocations (expires_at);

-- Every way in which a grant ends early leads here: 86400000000 is store.MaxAccessTokenLife.
CREATE TRIGGER grant_revoked AFTER UPDATE OF revoked_at ON grants WHEN old.revoked_at = 0 AND new.revoked_at <> 0 BEGIN
    INSERT INTO revocations (kind, id, expires_at) VALUES ('grant', new.id, new.revoked_at + 86400000000)
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER revocation_added AFTER INSERT ON revocations BEGIN
    UPDATE registry SET generation = generation + 1;
END;

-- Ids that may be used once, as the jti of client assertions.
CREATE TABLE used_ids (
    id         TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_ids_expiry ON used_ids (expires_at);

CREATE TABLE lockouts (
    subject      TEXT NOT NULL,
    address      TEXT NOT NULL,
    failures     INTEGER NOT NULL,
    locked_at    INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    PRIMARY KEY (subject, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX lockouts_time ON lockouts (locked_at);
CREATE TRIGGER lockout_added AFTER INSERT ON lockouts BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER lockout_changed AFTER UPDATE ON lockouts BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER lockout_lifted AFTER DELETE ON lockouts BEGIN UPDATE registry SET generation = generation + 1; END;

CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    action     TEXT NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('success', 'failure')),
    user_name  TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    address    TEXT NOT NULL,
    grant_id   TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    detail     TEXT NOT NULL
) STRICT;
CREATE INDEX audit_time ON audit (at);
