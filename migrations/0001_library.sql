-- One library: an asset is stored once, in nobody's words. Instants are microseconds since 1970, ids are text,
-- lists and settings are JSON. Tables keep their rowid: it is the order in which a fixture named things.

CREATE TABLE world (
    loaded_at INTEGER NOT NULL
) STRICT;

-- What a workspace holds besides its keys: users, projects, folders and assets. Workspaces, what they were made from and
-- snapshots share collections, so none of these is ever copied; whoever wants to change a shared one gets a copy first.
-- Numbers are never used again, and `version` rises with every change: the two say exactly what is in it.
CREATE TABLE collection (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 0
) STRICT;

-- `origin` and `origin_keys` are what a reset goes back to.
CREATE TABLE workspace (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    collection  INTEGER NOT NULL REFERENCES collection (seq),
    origin      INTEGER NOT NULL REFERENCES collection (seq),
    origin_keys TEXT NOT NULL
) STRICT;

-- What workspaces were made from lately, so that the next one is made in an instant.
CREATE TABLE template (
    seq        INTEGER PRIMARY KEY,
    source     TEXT NOT NULL UNIQUE,
    content    TEXT NOT NULL,
    collection INTEGER NOT NULL REFERENCES collection (seq)
) STRICT;

-- The whole state under a name; the one without a name is the state in which the process began.
CREATE TABLE snapshot (
    name     TEXT PRIMARY KEY,
    made_at  INTEGER NOT NULL,
    steering TEXT NOT NULL
) STRICT;

CREATE TABLE saved_workspace (
    seq         INTEGER PRIMARY KEY,
    snapshot    TEXT NOT NULL REFERENCES snapshot (name) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    collection  INTEGER NOT NULL REFERENCES collection (seq),
    origin      INTEGER NOT NULL REFERENCES collection (seq),
    origin_keys TEXT NOT NULL,
    keys        TEXT NOT NULL,
    UNIQUE (snapshot, id)
) STRICT;

CREATE TABLE user (
    collection INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    name       TEXT NOT NULL,
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
    UNIQUE (provider, key)
) STRICT;

CREATE TABLE project (
    collection   INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    id           TEXT NOT NULL,
    name         TEXT NOT NULL,
    name_folded  TEXT NOT NULL,
    PRIMARY KEY (collection, id)
) STRICT;

CREATE TABLE folder (
    collection   INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    id           TEXT NOT NULL,
    name         TEXT NOT NULL,
    parent_id    TEXT,
    trashed      INTEGER NOT NULL,
    PRIMARY KEY (collection, id)
) STRICT;

-- `seq` is the order of insertion. The `_folded` columns hold lower-case text for searches without regard to case:
-- SQLite's own lower() knows only ASCII. Each provider has a column `<provider>_id` of public ids; a new provider brings
-- a migration that adds its own, with its index.
CREATE TABLE asset (
    seq                INTEGER PRIMARY KEY,
    collection         INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    name               TEXT,
    name_folded        TEXT,
    description        TEXT,
    description_folded TEXT,
    mime_type          TEXT,
    kind               TEXT NOT NULL,
    size_bytes         INTEGER,
    status             TEXT NOT NULL,
    is_public          INTEGER NOT NULL,
    public_url         TEXT,
    url                TEXT,
    tags               TEXT NOT NULL,
    width              INTEGER,
    height             INTEGER,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    uploader           TEXT NOT NULL,
    visibility         TEXT NOT NULL,
    uploaded_via       TEXT NOT NULL,
    project_id         TEXT,
    node_id            TEXT,
    folder_id          TEXT,
    thumbnail_big      TEXT,
    thumbnail_small    TEXT,
    styling_note       TEXT,
    detected           TEXT,
    told_by            TEXT,
    told               TEXT,
    xqr_id             TEXT,
    flora_id           TEXT,
    twelvelabs_id      TEXT,
    piktid_id          TEXT,
    konpro_id          TEXT
) STRICT;
