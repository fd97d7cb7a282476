-- What a large collection holds is counted beforehand, so that its first page need not count it: `tallied` says whether.
ALTER TABLE collection ADD COLUMN tallied INTEGER NOT NULL DEFAULT 0;

CREATE TABLE tally (
    collection INTEGER NOT NULL REFERENCES collection (seq) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    status     TEXT NOT NULL,
    visibility TEXT NOT NULL,
    uploader   TEXT NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (collection, kind, status, visibility, uploader)
) STRICT;

CREATE TRIGGER asset_added AFTER INSERT ON asset
WHEN (SELECT tallied FROM collection WHERE seq = new.collection)
BEGIN
    INSERT INTO tally VALUES (new.collection, new.kind, new.status, new.visibility, new.uploader, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER asset_removed AFTER DELETE ON asset
WHEN (SELECT tallied FROM collection WHERE seq = old.collection)
BEGIN
    UPDATE tally SET count = count - 1
    WHERE (collection, kind, status, visibility, uploader)
        = (old.collection, old.kind, old.status, old.visibility, old.uploader);
END;

CREATE TRIGGER asset_changed AFTER UPDATE OF kind, status, visibility, uploader ON asset
WHEN (SELECT tallied FROM collection WHERE seq = new.collection)
BEGIN
    UPDATE tally SET count = count - 1
    WHERE (collection, kind, status, visibility, uploader)
        = (old.collection, old.kind, old.status, old.visibility, old.uploader);
    INSERT INTO tally VALUES (new.collection, new.kind, new.status, new.visibility, new.uploader, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

-- Collections that are there already.
UPDATE collection SET tallied = 1 WHERE (SELECT COUNT(*) FROM asset WHERE asset.collection = collection.seq) >= 10000;
INSERT INTO tally
SELECT collection, kind, status, visibility, uploader, COUNT(*) FROM asset
WHERE collection IN (SELECT seq FROM collection WHERE tallied) GROUP BY 1, 2, 3, 4, 5;
