-- The assets whose status will change, of which there are few. With it, the first of them is found without reading others.
CREATE INDEX asset_due ON asset (collection, due_at) WHERE due_at IS NOT NULL;

-- Those whose status changes once they were read, of which there are fewer still.
CREATE INDEX asset_waits_for_read ON asset (collection)
WHERE due_at IS NOT NULL AND json ->> '$.next_status.follows_read';
