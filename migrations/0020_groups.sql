-- The names of the groups that the user is in, besides the one of all users, as the JSON of a fixture.
ALTER TABLE user ADD COLUMN groups TEXT NOT NULL DEFAULT '[]';
