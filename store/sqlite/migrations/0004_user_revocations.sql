-- SPDX-License-Identifier: Apache-2.0

-- When all access of a user was last ended, by the name that was given. Most tokens of a user descend from a grant, which
-- has its own revocation; those of identity providers have none. Rows go after store.UserRevocationsKept.
CREATE TABLE user_revocations (
    user_name  TEXT NOT NULL PRIMARY KEY,
    revoked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER user_revoked AFTER INSERT ON user_revocations BEGIN UPDATE registry SET generation = generation + 1; END;
CREATE TRIGGER user_revoked_again AFTER UPDATE ON user_revocations BEGIN
    UPDATE registry SET generation = generation + 1;
END;
