-- The table of records in sixteen partitions, by the first half byte of the address, which is a hash: each
-- gets the same share. For databases that are to outgrow one table or one disk (TABLESPACE). To be run before
-- the first migration, which then leaves the table as it is.
BEGIN;

CREATE TABLE tki_records (
    address bytea PRIMARY KEY CHECK (octet_length(address) = 32),
    header bytea NOT NULL,
    body bytea NOT NULL CHECK (octet_length(body) <= 1048576)
) PARTITION BY RANGE (address);

ALTER TABLE tki_records ALTER COLUMN header SET STORAGE EXTERNAL;
ALTER TABLE tki_records ALTER COLUMN body SET STORAGE EXTERNAL;

DO $$
DECLARE
    low text;
    high text;
BEGIN
    FOR number IN 0..15 LOOP
        low := CASE number WHEN 0 THEN 'MINVALUE' ELSE quote_literal('\x' || to_hex(number) || '0') END;
        high := CASE number WHEN 15 THEN 'MAXVALUE' ELSE quote_literal('\x' || to_hex(number + 1) || '0') END;
        EXECUTE format(
            'CREATE TABLE tki_records_%s PARTITION OF tki_records FOR VALUES FROM (%s) TO (%s) '
            'WITH (fillfactor = 80, toast_tuple_target = 4080, autovacuum_vacuum_scale_factor = 0.05)',
            to_hex(number), low, high);
    END LOOP;
END
$$;

COMMIT;
