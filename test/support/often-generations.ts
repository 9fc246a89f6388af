/** Makes the generation of a current row rise with each update that finds it at least second on its page, full or not: its moves become usual in a short test. */
export const OFTEN_GENERATIONS = `
  DO $$
  DECLARE
    name TEXT;
    changed TEXT;
  BEGIN
    FOREACH name IN ARRAY ARRAY['fold_positions', 'fold_positions_by_day'] LOOP
      changed := replace(pg_get_functiondef(name::regproc), 'BETWEEN 7401 AND 8200', '> 300');
      IF changed = pg_get_functiondef(name::regproc) THEN RAISE '% has no such generations', name; END IF;
      EXECUTE changed;
    END LOOP;
  END
  $$`;
