-- Files that clients send in parts. A session says what the asset will be once all of its parts were stored and reported.
-- Sessions are part of a collection, so that copies and snapshots have them.
--
-- `asset` is the JSON of the asset, which gets the public id `asset_id` at this provider.
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
    PRIMARY KEY (collection, id)
) STRICT;

-- The parts that were stored. The bytes of a part go when its session is complete, since the asset has them then, or has
-- expired; then `blob` is null.
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
