-- SPDX-License-Identifier: Apache-2.0
-- What sqlite3's .dump says of a database at version 1, and the application id, which it leaves out.
PRAGMA application_id = 0x646F6170;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;
INSERT INTO migrations VALUES(1,'initial',1773489600000000);
CREATE TABLE registry (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL
) STRICT;
INSERT INTO registry VALUES(1,3);
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
INSERT INTO clients VALUES('tutorial','Tutorial','["https://app.example/cb"]','["secret-hash"]','["domino"]',1,1,0,1773489600000000,1773489600000000);
CREATE TABLE keys (
    id          TEXT NOT NULL PRIMARY KEY,
    algorithm   TEXT NOT NULL,
    private_pem BLOB NOT NULL,
    public_pem  BLOB NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
INSERT INTO keys VALUES('key-1','RS256',X'70726976617465',X'7075626c6963',1773489600000000);
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
INSERT INTO authorization_requests VALUES('request-hash','browser-hash','tutorial','https://app.example/cb',1,'domino','xyz',1,'','','',1773490200000000);
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
INSERT INTO grants VALUES('grant-1','tutorial','CN=Jane Doe/O=Acme','domino',1773489600000000,1773489600000000,1789041600000000,0);
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
INSERT INTO codes VALUES('code-hash','tutorial','CN=Jane Doe/O=Acme','https://app.example/cb',1,'domino','',1773489600000000,1773489660000000,1773489610000000,'grant-1');
CREATE TABLE refresh_tokens (
    hash        TEXT NOT NULL PRIMARY KEY,
    grant_id    TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    consumed_at INTEGER NOT NULL,
    reissues    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO refresh_tokens VALUES('token-hash','grant-1',1773489610000000,1776081610000000,0,0);
CREATE TABLE consents (
    user_name  TEXT NOT NULL,
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scope      TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (user_name, client_id)
) STRICT, WITHOUT ROWID;
INSERT INTO consents VALUES('CN=Jane Doe/O=Acme','tutorial','domino',1773489600000000);
CREATE TRIGGER client_added AFTER INSERT ON clients BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER client_changed AFTER UPDATE ON clients BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER client_removed AFTER DELETE ON clients BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER key_added AFTER INSERT ON keys BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER key_changed AFTER UPDATE ON keys BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER key_removed AFTER DELETE ON keys BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE INDEX authorization_requests_client ON authorization_requests (client_id);
CREATE INDEX authorization_requests_expiry ON authorization_requests (expires_at);
CREATE INDEX grants_client ON grants (client_id);
CREATE INDEX grants_expiry ON grants (expires_at);
CREATE INDEX codes_client ON codes (client_id);
CREATE INDEX codes_grant ON codes (grant_id);
CREATE INDEX codes_expiry ON codes (expires_at);
CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at) WHERE consumed_at = 0;
CREATE INDEX consents_client ON consents (client_id);
COMMIT;
