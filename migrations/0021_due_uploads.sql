-- When a session next changes by the clock alone: once it has ended its parts go, and later it is forgotten. Zero, of a session
-- that is older than this column, makes it due at once, and then it gets its instant.
ALTER TABLE upload ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX upload_due ON upload (collection, due_at);

-- No new asset gets a public id that a session reserves.
CREATE INDEX upload_asset ON upload (collection, asset_id);

-- A chunk is a row of stored bytes, and a part is one of an upload session. This table says of which chunks a blob consists. It
-- is made anew, since a new database would spend most of a millisecond on the change of a name.
CREATE TABLE blob_chunk (
    blob   INTEGER NOT NULL REFERENCES blob (seq),
    start  INTEGER NOT NULL,
    chunk  INTEGER NOT NULL REFERENCES chunk (seq),
    length INTEGER NOT NULL,
    PRIMARY KEY (blob, start)
) STRICT, WITHOUT ROWID;
INSERT INTO blob_chunk SELECT blob, start, chunk, length FROM piece;
DROP TABLE piece;
CREATE INDEX blob_chunk_chunk ON blob_chunk (chunk);
