-- SPDX-License-Identifier: Apache-2.0

-- Why requests with access tokens were refused, by the request id that the sender was told. No secret is in it. What is
-- added here changes nothing that anybody caches, so that it does not touch the generation.
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
CREATE INDEX explanations_time ON explanations (at);
