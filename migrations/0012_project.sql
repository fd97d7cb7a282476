-- How and when a project was made, and when it last changed. All three can be unknown.
ALTER TABLE project ADD COLUMN origin TEXT;
ALTER TABLE project ADD COLUMN created_at INTEGER;
ALTER TABLE project ADD COLUMN updated_at INTEGER;
