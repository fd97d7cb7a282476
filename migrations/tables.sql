-- The tables and triggers of a new database in memory. They are those that the migrations make one after the other in a
-- file, which takes longer than an emulator should take to start. A test compares the two; the reasons for each table are
-- in its migration.

-- One library: an asset is stored once, in no vendor's format. Instants are microseconds since 1970, ids are text, lists
-- and settings are JSON. Tables keep their rowid: it is the order in which a fixture named things.
CREATE TABLE world (
    loaded_at INTEGER NOT NULL
) STRICT;

-- What a workspace holds besides its keys: users, projects, folders, assets and uploads. Workspaces, what they were made
-- from and snapshots share collections. A change to a shared collection is made in a copy of it.
CREATE TABLE collection (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 0,
    tallied INTEGER NOT NULL DEFAULT 0,
    assets  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The columns that begin with `origin` are what a reset goes back to.
CREATE TABLE workspace (
    seq             INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    collection      INTEGER NOT NULL REFERENCES collection (seq),
    origin          INTEGER NOT NULL REFERENCES collection (seq),
    origin_keys     TEXT NOT NULL,
    variants        TEXT NOT NULL DEFAULT '{}',
    origin_variants TEXT NOT NULL DEFAULT '{}',
    uploads         TEXT NOT NULL DEFAULT '{}',
    origin_uploads  TEXT NOT NULL DEFAULT '{}'
) STRICT;

-- What workspaces were made from recently.
CREATE TABLE template (
    seq        INTEGER PRIMARY KEY,
    source     TEXT NOT NULL UNIQUE,
    content    TEXT NOT NULL,
    collection INTEGER NOT NULL REFERENCES collection (seq)
) STRICT;

-- The whole state under a name. The one without a name is the state in which the process began.
CREATE TABLE snapshot (
    name     TEXT PRIMARY KEY,
    made_at  INTEGER NOT NULL,
    steering TEXT NOT NULL
) STRICT;

CREATE TABLE saved_workspace (
    seq             INTEGER PRIMARY KEY,
    snapshot        TEXT NOT NULL REFERENCES snapshot (name) ON DELETE CASCADE,
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    collection      INTEGER NOT NULL REFERENCES collection (seq),
    origin          INTEGER NOT NULL REFERENCES collection (seq),
    origin_keys     TEXT NOT NULL,
    keys            TEXT NOT NULL,
    variants        TEXT NOT NULL DEFAULT '{}',
    origin_variants TEXT NOT NULL DEFAULT '{}',
    uploads         TEXT NOT NULL DEFAULT '{}',
    origin_uploads  TEXT NOT NULL DEFAULT '{}',
    UNIQUE (snapshot, id)
) STRICT;

CREATE TABLE user (
    collection INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    password   TEXT,
    groups     TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (collection, name)
) STRICT;

CREATE TABLE key (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    provider     TEXT NOT NULL,
    key          TEXT NOT NULL,
    workspace_id TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    user         TEXT NOT NULL,
    scopes       TEXT,
    revoked      INTEGER NOT NULL,
    expires_at   INTEGER,
    limits       TEXT NOT NULL,
    refresh      TEXT,
    UNIQUE (provider, key)
) STRICT;

CREATE TABLE project (
    collection  INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    origin      TEXT,
    created_at  INTEGER,
    updated_at  INTEGER,
    PRIMARY KEY (collection, id)
) STRICT;

CREATE TABLE folder (
    collection INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    name       TEXT NOT NULL,
    parent_id  TEXT,
    trashed    INTEGER NOT NULL,
    created_at INTEGER,
    updated_at INTEGER,
    PRIMARY KEY (collection, id)
) STRICT;

-- How many assets of each group a large collection has, and how many bytes: multiples of 2^32 and the rest, added up on
-- their own, since the sum may exceed an INTEGER.
CREATE TABLE tally (
    collection INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    status     TEXT NOT NULL,
    visibility TEXT NOT NULL,
    uploader   TEXT NOT NULL,
    count      INTEGER NOT NULL,
    bytes_high INTEGER NOT NULL DEFAULT 0,
    bytes_low  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (collection, kind, status, visibility, uploader)
) STRICT;

-- `json` is the whole asset in the fixture format but for its public ids. The other columns are what is filtered, ordered
-- or counted by.
CREATE TABLE asset (
    seq                INTEGER PRIMARY KEY,
    collection         INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    name               TEXT,
    name_folded        TEXT,
    description_folded TEXT,
    kind               TEXT NOT NULL,
    status             TEXT NOT NULL,
    tags               TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    uploader           TEXT NOT NULL,
    visibility         TEXT NOT NULL,
    project_id         TEXT,
    folder_id          TEXT,
    xqr_id             TEXT,
    flora_id           TEXT,
    twelvelabs_id      TEXT,
    piktid_id          TEXT,
    konpro_id          TEXT,
    json               TEXT NOT NULL,
    blob               INTEGER,
    due_at             INTEGER
) STRICT;

CREATE TRIGGER asset_removed AFTER DELETE ON asset
WHEN (SELECT tallied FROM collection WHERE seq = old.collection)
BEGIN
    UPDATE tally SET count = count - 1,
        bytes_high = bytes_high - COALESCE((old.json ->> 'size_bytes') >> 32, 0),
        bytes_low = bytes_low - COALESCE((old.json ->> 'size_bytes') & 0xffffffff, 0)
    WHERE (collection, kind, status, visibility, uploader)
        = (old.collection, old.kind, old.status, old.visibility, old.uploader);
END;

CREATE TRIGGER asset_changed AFTER UPDATE OF kind, status, visibility, uploader, json ON asset
WHEN (SELECT tallied FROM collection WHERE seq = new.collection)
BEGIN
    UPDATE tally SET count = count - 1,
        bytes_high = bytes_high - COALESCE((old.json ->> 'size_bytes') >> 32, 0),
        bytes_low = bytes_low - COALESCE((old.json ->> 'size_bytes') & 0xffffffff, 0)
    WHERE (collection, kind, status, visibility, uploader)
        = (old.collection, old.kind, old.status, old.visibility, old.uploader);
    INSERT INTO tally (collection, kind, status, visibility, uploader, count, bytes_high, bytes_low)
    VALUES (new.collection, new.kind, new.status, new.visibility, new.uploader, 1,
            COALESCE((new.json ->> 'size_bytes') >> 32, 0), COALESCE((new.json ->> 'size_bytes') & 0xffffffff, 0))
    ON CONFLICT DO UPDATE SET count = count + 1,
        bytes_high = bytes_high + excluded.bytes_high, bytes_low = bytes_low + excluded.bytes_low;
END;

-- Bytes that clients sent, or that a fixture named a file for. `refs` counts the rows that refer
-- to the blob.
CREATE TABLE blob (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    size INTEGER NOT NULL DEFAULT 0,
    md5  TEXT NOT NULL DEFAULT '',
    refs INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE chunk (
    seq   INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- How many bytes all chunks have together, in one row.
CREATE TABLE stored_bytes (
    total INTEGER NOT NULL
) STRICT;
INSERT INTO stored_bytes VALUES (0);

CREATE TRIGGER chunk_added AFTER INSERT ON chunk BEGIN
    UPDATE stored_bytes SET total = total + length(new.bytes);
END;

CREATE TRIGGER chunk_removed AFTER DELETE ON chunk BEGIN
    UPDATE stored_bytes SET total = total - length(old.bytes);
END;

CREATE TRIGGER asset_with_bytes_added AFTER INSERT ON asset WHEN new.blob IS NOT NULL BEGIN
    UPDATE blob SET refs = refs + 1 WHERE seq = new.blob;
END;

CREATE TRIGGER asset_with_bytes_removed AFTER DELETE ON asset WHEN old.blob IS NOT NULL BEGIN
    UPDATE blob SET refs = refs - 1 WHERE seq = old.blob;
END;

CREATE TRIGGER asset_bytes_replaced AFTER UPDATE OF blob ON asset BEGIN
    UPDATE blob SET refs = refs - 1 WHERE seq = old.blob;
    UPDATE blob SET refs = refs + 1 WHERE seq = new.blob;
END;

-- The key that signs the URLs of uploads. There is at most one.
CREATE TABLE signing_key (
    seq    INTEGER NOT NULL PRIMARY KEY CHECK (seq = 1),
    secret BLOB NOT NULL
) STRICT;

-- The idempotency keys of requests that succeeded, until they expire by the clock of their workspace.
CREATE TABLE claim (
    workspace  TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    scope      TEXT NOT NULL,
    key        TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, scope, key)
) STRICT, WITHOUT ROWID;

-- Files that clients send in parts.
CREATE TABLE upload (
    collection   INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    id           TEXT NOT NULL,
    provider     TEXT NOT NULL,
    asset_id     TEXT NOT NULL,
    asset        TEXT NOT NULL,
    size         INTEGER NOT NULL,
    part_size    INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    completed_at INTEGER,
    due_at       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (collection, id)
) STRICT;

CREATE TABLE upload_part (
    collection  INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    upload      TEXT NOT NULL,
    number      INTEGER NOT NULL,
    blob        INTEGER,
    size        INTEGER NOT NULL,
    md5         TEXT NOT NULL,
    stored_at   INTEGER NOT NULL,
    reported_at INTEGER,
    PRIMARY KEY (collection, upload, number)
) STRICT;

CREATE TRIGGER upload_part_added AFTER INSERT ON upload_part WHEN new.blob IS NOT NULL BEGIN
    UPDATE blob SET refs = refs + 1 WHERE seq = new.blob;
END;

CREATE TRIGGER upload_part_removed AFTER DELETE ON upload_part WHEN old.blob IS NOT NULL BEGIN
    UPDATE blob SET refs = refs - 1 WHERE seq = old.blob;
END;

CREATE TRIGGER upload_part_replaced AFTER UPDATE OF blob ON upload_part BEGIN
    UPDATE blob SET refs = refs - 1 WHERE seq = old.blob;
    UPDATE blob SET refs = refs + 1 WHERE seq = new.blob;
END;

-- Of which chunks a blob consists. Blobs can share them.
CREATE TABLE blob_chunk (
    blob   INTEGER NOT NULL REFERENCES blob (seq),
    start  INTEGER NOT NULL,
    chunk  INTEGER NOT NULL REFERENCES chunk (seq),
    length INTEGER NOT NULL,
    PRIMARY KEY (blob, start)
) STRICT, WITHOUT ROWID;
