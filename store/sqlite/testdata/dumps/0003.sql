-- SPDX-License-Identifier: Apache-2.0
-- What sqlite3's .dump says of a database at version 3, and the application id, which it leaves out.
PRAGMA application_id = 0x646F6170;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
INSERT INTO audit VALUES(1,1773489600000000,'token issued','success','CN=Jane Doe/O=Acme','tutorial','192.0.2.1','grant-1','hash','');
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
, resources TEXT NOT NULL DEFAULT '[]') STRICT;
INSERT INTO authorization_requests VALUES('request-hash','browser-hash','tutorial','https://app.example/cb',1,'domino','xyz',1,'','','',1773490200000000,'[]');
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
, jwks BLOB NOT NULL DEFAULT x'', jwks_uri TEXT NOT NULL DEFAULT '', grant_types TEXT NOT NULL DEFAULT '["authorization_code","refresh_token"]', resources TEXT NOT NULL DEFAULT '[]', introspection_audiences TEXT NOT NULL DEFAULT '[]', access_token_lifetime INTEGER NOT NULL DEFAULT 0, refresh_token_idle INTEGER NOT NULL DEFAULT 0, refresh_token_absolute INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
INSERT INTO clients VALUES('tutorial','Tutorial','["https://app.example/cb"]','["secret-hash"]','["domino"]',1,1,0,1773489600000000,1773489600000000,X'','','["authorization_code","refresh_token"]','[]','[]',0,0,0);
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
, resources TEXT NOT NULL DEFAULT '[]') STRICT;
INSERT INTO codes VALUES('code-hash','tutorial','CN=Jane Doe/O=Acme','https://app.example/cb',1,'domino','',1773489600000000,1773489660000000,1773489610000000,'grant-1','[]');
CREATE TABLE consents (
    user_name  TEXT NOT NULL,
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scope      TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (user_name, client_id)
) STRICT, WITHOUT ROWID;
INSERT INTO consents VALUES('CN=Jane Doe/O=Acme','tutorial','domino',1773489600000000);
CREATE TABLE grants (
    id               TEXT NOT NULL PRIMARY KEY,
    client_id        TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_name        TEXT NOT NULL,
    scope            TEXT NOT NULL,
    authenticated_at INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    revoked_at       INTEGER NOT NULL
, type TEXT NOT NULL DEFAULT 'authorization_code', resources TEXT NOT NULL DEFAULT '[]') STRICT, WITHOUT ROWID;
INSERT INTO grants VALUES('grant-1','tutorial','CN=Jane Doe/O=Acme','domino',1773489600000000,1773489600000000,1789041600000000,0,'authorization_code','[]');
CREATE TABLE keys (
    id          TEXT NOT NULL PRIMARY KEY,
    algorithm   TEXT NOT NULL,
    private_pem BLOB NOT NULL,
    public_pem  BLOB NOT NULL,
    created_at  INTEGER NOT NULL
, active_from INTEGER NOT NULL DEFAULT 0, retired_at INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO keys VALUES('key-1','RS256',X'70726976617465',X'7075626c6963',1773489600000000,1773489600000000,0);
CREATE TABLE lockouts (
    subject      TEXT NOT NULL,
    address      TEXT NOT NULL,
    failures     INTEGER NOT NULL,
    locked_at    INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    PRIMARY KEY (subject, address)
) STRICT, WITHOUT ROWID;
INSERT INTO lockouts VALUES('tutorial','192.0.2.1',10,1773489600000000,1773489900000000);
CREATE TABLE migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;
INSERT INTO migrations VALUES(1,'initial',1773489600000000);
INSERT INTO migrations VALUES(2,'authorization_server',1773489600000000);
INSERT INTO migrations VALUES(3,'explanations',1773489600000000);
CREATE TABLE refresh_tokens (
    hash        TEXT NOT NULL PRIMARY KEY,
    grant_id    TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    consumed_at INTEGER NOT NULL,
    reissues    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO refresh_tokens VALUES('token-hash','grant-1',1773489610000000,1776081610000000,0,0);
CREATE TABLE registry (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL
) STRICT;
INSERT INTO registry VALUES(1,6);
CREATE TABLE revocations (
    kind       TEXT NOT NULL CHECK (kind IN ('grant', 'token')),
    id         TEXT NOT NULL, -- of the grant, or jti of the token
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
INSERT INTO revocations VALUES('token','jti-1',1773489600000000);
CREATE TABLE used_ids (
    id         TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO used_ids VALUES('used-1',1773489600000000);
CREATE TABLE explanations (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL UNIQUE,
    at         INTEGER NOT NULL,
    method     TEXT NOT NULL,
    path       TEXT NOT NULL,
    address    TEXT NOT NULL,
    credential TEXT NOT NULL,
    provider   TEXT NOT NULL,
    issuer     TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    claim      TEXT NOT NULL,
    user_name  TEXT NOT NULL,
    status     INTEGER NOT NULL,
    error      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    rule       TEXT NOT NULL,
    expected   TEXT NOT NULL,
    found      TEXT NOT NULL,
    remedy     TEXT NOT NULL,
    skipped    INTEGER NOT NULL
) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('audit',1);
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
CREATE INDEX codes_challenge ON codes (client_id, code_challenge);
CREATE INDEX grants_user ON grants (user_name);
CREATE INDEX revocations_expiry ON revocations (expires_at);
CREATE TRIGGER grant_revoked AFTER UPDATE OF revoked_at ON grants WHEN old.revoked_at = 0 AND new.revoked_at <> 0 BEGIN
    INSERT INTO revocations (kind, id, expires_at) VALUES ('grant', new.id, new.revoked_at + 86400000000)
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER revocation_added AFTER INSERT ON revocations BEGIN
    UPDATE registry SET generation = generation + 1;
END;
CREATE INDEX used_ids_expiry ON used_ids (expires_at);
CREATE INDEX lockouts_time ON lockouts (locked_at);
CREATE TRIGGER lockout_added AFTER INSERT ON lockouts BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER lockout_changed AFTER UPDATE ON lockouts BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER lockout_lifted AFTER DELETE ON lockouts BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE INDEX audit_time ON audit (at);
CREATE INDEX explanations_time ON explanations (at);
COMMIT;
