-- In which of the possible ways the vendors behave in a workspace, by name, as JSON; what it does not name is as the server
-- was told. A reset goes back to `origin_variants`.
ALTER TABLE workspace ADD COLUMN variants TEXT NOT NULL DEFAULT '{}';
ALTER TABLE workspace ADD COLUMN origin_variants TEXT NOT NULL DEFAULT '{}';
ALTER TABLE saved_workspace ADD COLUMN variants TEXT NOT NULL DEFAULT '{}';
ALTER TABLE saved_workspace ADD COLUMN origin_variants TEXT NOT NULL DEFAULT '{}';
