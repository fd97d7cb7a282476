-- How many assets a collection holds, so that a summary does not count a million rows. Code that adds or removes assets
-- changes the number with them.
ALTER TABLE collection ADD COLUMN assets INTEGER NOT NULL DEFAULT 0;
UPDATE collection SET assets = (SELECT COUNT(*) FROM asset WHERE asset.collection = collection.seq);

-- What is in a folder: asked again and again to find all that is below one in the trash.
CREATE INDEX folder_parent ON folder (collection, parent_id);
