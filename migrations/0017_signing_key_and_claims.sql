-- The key that signs the URLs of uploads, so that they are valid after a restart too. There is at most one.
CREATE TABLE signing_key (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq = 1),
    secret BLOB NOT NULL
) STRICT;

-- The idempotency keys of requests that succeeded, until they expire by the clock of their workspace.
CREATE TABLE claim (
    workspace TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, scope, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX claim_expires_at ON claim (workspace, expires_at);
