-- Bytes that clients sent, or that a fixture named a file for. Assets refer to a blob by its number, so a copy of a collection
-- copies only that.
--
-- A blob consists of pieces, each of which is all of a chunk. Blobs can share chunks: one that is put together from others
-- has pieces of its own and no chunks of its own.
--
-- `refs` counts the rows that refer to the blob. Triggers keep it.
CREATE TABLE blob (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    size INTEGER NOT NULL DEFAULT 0,
    md5  TEXT NOT NULL DEFAULT '',
    refs INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX blob_unreferenced ON blob (seq) WHERE refs = 0;

CREATE TABLE chunk (
    seq   INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE piece (
    blob   INTEGER NOT NULL REFERENCES blob (seq),
    start  INTEGER NOT NULL,
    chunk  INTEGER NOT NULL REFERENCES chunk (seq),
    length INTEGER NOT NULL,
    PRIMARY KEY (blob, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX piece_chunk ON piece (chunk);

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

-- The bytes of the asset, if somebody gave any. Its JSON does not say them: an export has no bytes.
ALTER TABLE asset ADD COLUMN blob INTEGER;
CREATE INDEX asset_blob ON asset (collection, blob) WHERE blob IS NOT NULL;

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
