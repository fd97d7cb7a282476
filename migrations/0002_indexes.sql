-- Indexes. They are apart from the tables because a new library is filled first and indexed then.

-- Public ids are unique in their collection.
CREATE UNIQUE INDEX asset_xqr_id ON asset (collection, xqr_id);
CREATE UNIQUE INDEX asset_flora_id ON asset (collection, flora_id);
CREATE UNIQUE INDEX asset_twelvelabs_id ON asset (collection, twelvelabs_id);
CREATE UNIQUE INDEX asset_piktid_id ON asset (collection, piktid_id);
CREATE UNIQUE INDEX asset_konpro_id ON asset (collection, konpro_id);

-- The orders of listings. Few assets share an instant or a name: those are sorted by what decides between them, so that
-- an index does for all who decide differently.
CREATE INDEX asset_created ON asset (collection, created_at);
CREATE INDEX asset_name_piktid ON asset (collection, COALESCE(name, piktid_id));

-- Who refers to what: asked whenever something is removed.
CREATE INDEX workspace_collection ON workspace (collection);
CREATE INDEX workspace_origin ON workspace (origin);
CREATE INDEX template_collection ON template (collection);
CREATE INDEX saved_collection ON saved_workspace (collection);
CREATE INDEX saved_origin ON saved_workspace (origin);
CREATE INDEX key_workspace ON key (workspace_id);
