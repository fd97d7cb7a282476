-- The assets whose status will change, of which there are few. With it, the first of them is found without reading others.
CREATE INDEX asset_due ON asset (collection, due_at) WHERE due_at IS NOT NULL;
