-- Whoever adds assets counts them: a trigger would look at every row of every new collection, of which few are tallied.
DROP TRIGGER asset_added;
