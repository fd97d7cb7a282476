-- The indexes of a new database in memory, which are made after the first load, one by one: no comment here may have a
-- semicolon. They are those that the migrations make in a file (see `tables.sql`).

-- Public ids are unique in their collection.
CREATE UNIQUE INDEX asset_xqr_id ON asset (collection, xqr_id);
CREATE UNIQUE INDEX asset_flora_id ON asset (collection, flora_id);
CREATE UNIQUE INDEX asset_twelvelabs_id ON asset (collection, twelvelabs_id);
CREATE UNIQUE INDEX asset_piktid_id ON asset (collection, piktid_id);
CREATE UNIQUE INDEX asset_konpro_id ON asset (collection, konpro_id);

-- The orders of listings. The one by creation holds all that filters look at, public ids apart.
CREATE INDEX asset_name_piktid ON asset (collection, COALESCE(name, piktid_id));
CREATE INDEX asset_listed ON asset (
    collection, created_at, seq, kind, status, visibility, uploader, project_id, folder_id,
    name_folded, description_folded, tags
);
CREATE INDEX asset_inserted ON asset (collection);

-- The few assets that have bytes, and those whose status will change.
CREATE INDEX asset_blob ON asset (collection, blob) WHERE blob IS NOT NULL;
CREATE INDEX asset_due ON asset (collection, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX asset_waits_for_read ON asset (collection)
WHERE due_at IS NOT NULL AND json ->> '$.next_status.follows_read';

-- What refers to a row: asked whenever something is removed.
CREATE INDEX workspace_collection ON workspace (collection);
CREATE INDEX workspace_origin ON workspace (origin);
CREATE INDEX template_collection ON template (collection);
CREATE INDEX saved_collection ON saved_workspace (collection);
CREATE INDEX saved_origin ON saved_workspace (origin);
CREATE INDEX key_workspace ON key (workspace_id);
CREATE INDEX folder_parent ON folder (collection, parent_id);
CREATE INDEX blob_unreferenced ON blob (seq) WHERE refs = 0;
CREATE INDEX blob_chunk_chunk ON blob_chunk (chunk);
CREATE INDEX claim_expires_at ON claim (workspace, expires_at);

-- When a session changes by the clock alone, and the ids that sessions reserve.
CREATE INDEX upload_due ON upload (collection, due_at);
CREATE INDEX upload_asset ON upload (collection, asset_id);
