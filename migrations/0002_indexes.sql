-- The indexes of assets. They are apart from the tables because a new library is filled first and indexed then.

-- Public ids are unique in their workspace.
CREATE UNIQUE INDEX asset_xqr_id ON asset (workspace, xqr_id);
CREATE UNIQUE INDEX asset_flora_id ON asset (workspace, flora_id);
CREATE UNIQUE INDEX asset_twelvelabs_id ON asset (workspace, twelvelabs_id);
CREATE UNIQUE INDEX asset_piktid_id ON asset (workspace, piktid_id);
CREATE UNIQUE INDEX asset_konpro_id ON asset (workspace, konpro_id);

-- Ties by insertion: the rowid ends every index by itself.
CREATE INDEX asset_created ON asset (workspace, created_at);

-- Ties by public id.
CREATE INDEX asset_created_twelvelabs ON asset (workspace, created_at, twelvelabs_id);
CREATE INDEX asset_created_piktid ON asset (workspace, created_at, piktid_id);
CREATE INDEX asset_name_piktid ON asset (workspace, COALESCE(name, piktid_id), piktid_id);
CREATE INDEX asset_created_konpro ON asset (workspace, created_at, konpro_id);
