-- The assets that are there, for 0011: 0010 replaces their table.
CREATE TABLE asset_before AS SELECT * FROM asset;
