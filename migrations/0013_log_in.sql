-- The password with which a user logs in, and the token that gets a new key in place of an expired one, as the JSON of
-- a fixture.
ALTER TABLE user ADD COLUMN password TEXT;
ALTER TABLE key ADD COLUMN refresh TEXT;
