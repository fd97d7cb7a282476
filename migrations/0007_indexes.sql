-- The assets of a collection in order of insertion (SQLite ends every index with the row's number): exports, copies and
-- the emulator's own list read them slice by slice.
CREATE INDEX asset_inserted ON asset (collection);
