-- When a folder was created and last changed. Both can be unknown.
ALTER TABLE folder ADD COLUMN created_at INTEGER;
ALTER TABLE folder ADD COLUMN updated_at INTEGER;

-- How many bytes the assets of each group have together. Sizes may add up to more than an INTEGER holds, and a REAL would round
-- them. So each size is a multiple of 2^32 and a rest, and the multiples and the rests are added up on their own.
ALTER TABLE tally ADD COLUMN bytes_high INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tally ADD COLUMN bytes_low INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER asset_removed;
CREATE TRIGGER asset_removed AFTER DELETE ON asset
WHEN (SELECT tallied FROM collection WHERE seq = old.collection)
BEGIN
    UPDATE tally SET count = count - 1,
        bytes_high = bytes_high - COALESCE((old.json ->> 'size_bytes') >> 32, 0),
        bytes_low = bytes_low - COALESCE((old.json ->> 'size_bytes') & 0xffffffff, 0)
    WHERE (collection, kind, status, visibility, uploader)
        = (old.collection, old.kind, old.status, old.visibility, old.uploader);
END;

DROP TRIGGER asset_changed;
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

-- The groups of collections that are there already.
UPDATE tally AS t SET (bytes_high, bytes_low) = (measured.high, measured.low)
FROM (
    SELECT collection, kind, status, visibility, uploader,
           COALESCE(SUM((json ->> 'size_bytes') >> 32), 0) AS high,
           COALESCE(SUM((json ->> 'size_bytes') & 0xffffffff), 0) AS low
    FROM asset
    WHERE collection IN (SELECT seq FROM collection WHERE tallied) GROUP BY 1, 2, 3, 4, 5
) AS measured
WHERE (t.collection, t.kind, t.status, t.visibility, t.uploader)
    = (measured.collection, measured.kind, measured.status, measured.visibility, measured.uploader);
