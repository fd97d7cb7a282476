-- When an asset gets its next status, which is in its JSON; null if it has none.
ALTER TABLE asset ADD COLUMN due_at INTEGER;

-- What becomes of the uploads of a workspace, as the JSON of a fixture. A reset goes back to `origin_uploads`.
ALTER TABLE workspace ADD COLUMN uploads TEXT NOT NULL DEFAULT '{}';
ALTER TABLE workspace ADD COLUMN origin_uploads TEXT NOT NULL DEFAULT '{}';
ALTER TABLE saved_workspace ADD COLUMN uploads TEXT NOT NULL DEFAULT '{}';
ALTER TABLE saved_workspace ADD COLUMN origin_uploads TEXT NOT NULL DEFAULT '{}';
