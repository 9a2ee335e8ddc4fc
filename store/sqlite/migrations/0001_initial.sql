-- SPDX-License-Identifier: Apache-2.0
-- Times are microseconds since 1970 UTC, 0 for "not yet". Lists of strings are JSON arrays. Hashes are those of
-- secrets that were given out once and are nowhere else.

PRAGMA application_id = 0x646F6170; -- "doap": tells our files from other programs' databases

CREATE TABLE migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;

-- One row, counted up by the triggers below whenever a client or a key changes, whoever changes it.
CREATE TABLE registry (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL
) STRICT;
INSERT INTO registry (id, generation) VALUES (1, 1);

CREATE TABLE clients (
    id            TEXT NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    secret_hashes TEXT NOT NULL,
    scopes        TEXT NOT NULL,
    trusted       INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    legacy        INTEGER NOT NULL CHECK (legacy IN (0, 1)),
    disabled      INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER client_added AFTER INSERT ON clients BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER client_changed AFTER UPDATE ON clients BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER client_removed AFTER DELETE ON clients BEGIN UPDATE registry SET generation = generation + 1; END;

CREATE TABLE keys (
    id          TEXT NOT NULL PRIMARY KEY,
    algorithm   TEXT NOT NULL,
    private_pem BLOB NOT NULL,
    public_pem  BLOB NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TRIGGER key_added AFTER INSERT ON keys BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER key_changed AFTER UPDATE ON keys BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER key_removed AFTER DELETE ON keys BEGIN UPDATE registry SET generation = generation + 1; END;

CREATE TABLE authorization_requests (
    id_hash            TEXT NOT NULL PRIMARY KEY,
    browser_hash       TEXT NOT NULL,
    client_id          TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    redirect_uri       TEXT NOT NULL,
    redirect_uri_given INTEGER NOT NULL CHECK (redirect_uri_given IN (0, 1)),
    scope              TEXT NOT NULL,
    state              TEXT NOT NULL,
    state_given        INTEGER NOT NULL CHECK (state_given IN (0, 1)),
    code_challenge     TEXT NOT NULL,
    consent_user       TEXT NOT NULL,
    consent_hash       TEXT NOT NULL,
    expires_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX authorization_requests_client ON authorization_requests (client_id);
CREATE INDEX authorization_requests_expiry ON authorization_requests (expires_at);

CREATE TABLE grants (
    id               TEXT NOT NULL PRIMARY KEY,
    client_id        TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_name        TEXT NOT NULL,
    scope            TEXT NOT NULL,
    authenticated_at INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    revoked_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_client ON grants (client_id);
CREATE INDEX grants_expiry ON grants (expires_at);

-- A redeemed code stays as long as its grant, so that a second try, however late, revokes it.
CREATE TABLE codes (
    hash               TEXT NOT NULL PRIMARY KEY,
    client_id          TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_name          TEXT NOT NULL,
    redirect_uri       TEXT NOT NULL,
    redirect_uri_given INTEGER NOT NULL CHECK (redirect_uri_given IN (0, 1)),
    scope              TEXT NOT NULL,
    code_challenge     TEXT NOT NULL,
    authenticated_at   INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    consumed_at        INTEGER NOT NULL,
    grant_id           TEXT REFERENCES grants (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX codes_client ON codes (client_id);
CREATE INDEX codes_grant ON codes (grant_id);
CREATE INDEX codes_expiry ON codes (expires_at);

-- Consumed tokens stay as long as their grant, so that their reuse is noticed.
CREATE TABLE refresh_tokens (
    hash        TEXT NOT NULL PRIMARY KEY,
    grant_id    TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    consumed_at INTEGER NOT NULL,
    reissues    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at) WHERE consumed_at = 0;

CREATE TABLE consents (
    user_name  TEXT NOT NULL,
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scope      TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (user_name, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_client ON consents (client_id);
