-- The assets that were there before 0010, with JSON in place of a column a field. The program
-- drops `asset_before` once it has taken the ids of later providers from it, whose columns no migration knows.
--
-- Instants become RFC 3339. For whole numbers when divided, they are counted from 800,000 days before 1970 on. A fixture's
-- offset from UTC can have led out of the years of four digits, a day at most, where SQLite writes no date.
--
-- The patch of an empty object is the object without what is null. What is kept to the byte is added as text, since SQLite's
-- JSON functions would rewrite it.
WITH instants AS (
    SELECT *,
           (created_at + 69120000000000000) / 86400000000 - 800000 AS created_day,
           (created_at + 69120000000000000) % 86400000000 AS created_time,
           (updated_at + 69120000000000000) / 86400000000 - 800000 AS updated_day,
           (updated_at + 69120000000000000) % 86400000000 AS updated_time
    FROM asset_before
)
INSERT INTO asset
SELECT seq, collection, name, name_folded, description_folded, kind, status, tags, created_at, uploader, visibility,
       project_id, folder_id, xqr_id, flora_id, twelvelabs_id, piktid_id, konpro_id,
       rtrim(json_patch('{}', json_object(
           'name', name, 'description', description, 'mime_type', mime_type, 'kind', kind, 'size_bytes', size_bytes,
           'status', status, 'is_public', json(iif(is_public, 'true', 'false')), 'public_url', public_url, 'url', url,
           'tags', json(tags), 'width', width, 'height', height,
           'created_at',
           CASE WHEN created_day < -719528 THEN '-0001-12-31' WHEN created_day >= 2932897 THEN '+10000-01-01'
                ELSE date(created_day * 86400, 'unixepoch') END
           || strftime('T%H:%M:%S', created_time / 1000000, 'unixepoch') || printf('.%06dZ', created_time % 1000000),
           'updated_at',
           CASE WHEN updated_day < -719528 THEN '-0001-12-31' WHEN updated_day >= 2932897 THEN '+10000-01-01'
                ELSE date(updated_day * 86400, 'unixepoch') END
           || strftime('T%H:%M:%S', updated_time / 1000000, 'unixepoch') || printf('.%06dZ', updated_time % 1000000),
           'uploader', uploader, 'visibility', visibility, 'uploaded_via', uploaded_via, 'project', project_id,
           'node', node_id, 'folder', folder_id, 'thumbnail_big', thumbnail_big, 'thumbnail_small', thumbnail_small,
           'styling_note', styling_note)), '}')
       || iif(detected IS NULL, '', ',"detected":' || detected)
       || iif(told IS NULL, '', ',"imported_from":{"provider":' || json_quote(told_by) || ',"json":' || told || '}')
       || '}'
FROM instants;

-- The indexes of assets, which went with their table.
CREATE UNIQUE INDEX asset_xqr_id ON asset (collection, xqr_id);
CREATE UNIQUE INDEX asset_flora_id ON asset (collection, flora_id);
CREATE UNIQUE INDEX asset_twelvelabs_id ON asset (collection, twelvelabs_id);
CREATE UNIQUE INDEX asset_piktid_id ON asset (collection, piktid_id);
CREATE UNIQUE INDEX asset_konpro_id ON asset (collection, konpro_id);
CREATE INDEX asset_name_piktid ON asset (collection, COALESCE(name, piktid_id));
CREATE INDEX asset_listed ON asset (
    collection, created_at, seq, kind, status, visibility, uploader, project_id, folder_id,
    name_folded, description_folded, tags
);
CREATE INDEX asset_inserted ON asset (collection);
