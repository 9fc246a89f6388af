/** The upsert key of `partitionedPositions()`. */
export const PARTITIONED_KEY = ['position_account', 'signature', 'block_time'] as const;

const KEY_INDEX =
  'CREATE UNIQUE INDEX idx_unique_signature_position ON positions (signature, position_account, block_time)';

/**
 * Puts an empty table in the place of the empty `positions`: partitioned by day, with the same columns, triggers and views.
 * Days from `firstDay` on have partitions, named `positions_p20260301`; all other rows go to `positions_default`.
 */
export function partitionedPositions(firstDay: string, days: number): string {
  const partitions = Array.from({ length: days }, (_, n) => {
    const [from = '', to = ''] = [n, n + 1].map((day) => dayAfter(firstDay, day));
    return `CREATE TABLE positions_p${from.replaceAll('-', '')} PARTITION OF positions FOR VALUES FROM ('${from}') TO ('${to}')`;
  });
  return `
    ALTER TABLE positions RENAME TO plain;
    CREATE TABLE positions (LIKE plain INCLUDING DEFAULTS) PARTITION BY RANGE (block_time);
    DO $$
    DECLARE
      command TEXT;
    BEGIN
      FOR command IN
        SELECT replace(pg_get_triggerdef(oid), 'public.plain', 'positions') FROM pg_trigger
        WHERE tgrelid = 'plain'::regclass AND NOT tgisinternal ORDER BY tgname
      LOOP
        EXECUTE command;
      END LOOP;
      EXECUTE 'CREATE OR REPLACE VIEW position_days_from_history AS '
        || replace(pg_get_viewdef('position_days_from_history'), 'plain', 'positions');
    END
    $$;
    ALTER SEQUENCE positions_id_seq OWNED BY positions.id;
    DROP TABLE plain;
    ALTER TABLE positions ADD PRIMARY KEY (id, block_time);
    ${KEY_INDEX};
    CREATE INDEX idx_position_slot_asc ON positions (position_account, slot);
    CREATE INDEX idx_block_time_brin ON positions USING brin (block_time);
    CREATE TABLE positions_default PARTITION OF positions DEFAULT;
    SELECT grant_stream_rights('positions');
    ${partitions.join(';\n')}`;
}

/** `2026-03-01` and 2 give `2026-03-03`. */
function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}
