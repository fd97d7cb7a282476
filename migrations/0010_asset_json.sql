-- An asset's JSON, all of it in the fixture format but for its public ids, in place of a column a field. Columns remain for
-- what is filtered, ordered or counted by; they say again what the JSON says, and one function of the program writes them all.
--
-- Public ids stay columns of this table. In a table of their own they would double the entries that every new asset makes:
-- another row for each provider besides that in the provider's index.

-- With its indexes and triggers.
DROP TABLE asset;

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
    json               TEXT NOT NULL
) STRICT;

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
