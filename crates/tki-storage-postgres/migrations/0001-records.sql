-- One row for each record: its newest version. A table that is here already, such as one in partitions, stays.
CREATE TABLE IF NOT EXISTS tki_records (
    address bytea PRIMARY KEY CHECK (octet_length(address) = 32),
    header bytea NOT NULL,
    body bytea NOT NULL CHECK (octet_length(body) <= 1048576)
);

-- Signatures and sealed bytes do not become shorter: no attempt to compress them.
ALTER TABLE tki_records ALTER COLUMN header SET STORAGE EXTERNAL;
ALTER TABLE tki_records ALTER COLUMN body SET STORAGE EXTERNAL;

-- Room in each page for the next version of a record, so that the index stays as it is (HOT), and for whole
-- mailboxes in their row. A table in partitions has no pages of its own: there each partition is told when
-- it is made.
DO $$
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = 'tki_records'::regclass) = 'r' THEN
        ALTER TABLE tki_records SET (fillfactor = 80, toast_tuple_target = 4080, autovacuum_vacuum_scale_factor = 0.05);
    END IF;
END
$$;
