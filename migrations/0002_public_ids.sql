-- One public id per provider, in a column named `<provider>_id`, unique in its workspace.
-- A new provider adds a migration like this one; it needs the second index only where its ties fall by public id.

ALTER TABLE asset ADD COLUMN xqr_id TEXT;
ALTER TABLE asset ADD COLUMN flora_id TEXT;
ALTER TABLE asset ADD COLUMN twelvelabs_id TEXT;
ALTER TABLE asset ADD COLUMN piktid_id TEXT;
ALTER TABLE asset ADD COLUMN konpro_id TEXT;

CREATE UNIQUE INDEX asset_xqr_id ON asset (workspace_id, xqr_id);
CREATE UNIQUE INDEX asset_flora_id ON asset (workspace_id, flora_id);
CREATE UNIQUE INDEX asset_twelvelabs_id ON asset (workspace_id, twelvelabs_id);
CREATE UNIQUE INDEX asset_piktid_id ON asset (workspace_id, piktid_id);
CREATE UNIQUE INDEX asset_konpro_id ON asset (workspace_id, konpro_id);

CREATE INDEX asset_created_twelvelabs ON asset (workspace_id, created_at, twelvelabs_id);
CREATE INDEX asset_created_piktid ON asset (workspace_id, created_at, piktid_id);
CREATE INDEX asset_name_piktid ON asset (workspace_id, name, piktid_id);
CREATE INDEX asset_created_konpro ON asset (workspace_id, created_at, konpro_id);
