/** Makes the generation of a current row rise with every second update, not every 32nd: its moves become usual in a short test. */
export const OFTEN_GENERATIONS = `
  DO $$
  DECLARE
    name TEXT;
    changed TEXT;
  BEGIN
    FOREACH name IN ARRAY ARRAY['fold_positions', 'fold_positions_by_day'] LOOP
      changed := replace(pg_get_functiondef(name::regproc), '& 31 = 0', '& 1 = 0');
      IF changed = pg_get_functiondef(name::regproc) THEN RAISE '% has no such generations', name; END IF;
      EXECUTE changed;
    END LOOP;
  END
  $$`;
