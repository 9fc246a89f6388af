-- Up Migration

-- Two corrections by hand of one position at once: one deletes the states of its newest day, the other those of the day before.
-- The first gave the mark of the current row to a day that the second was about to take away, and the position was left without a
-- current row. Now it looks again.

CREATE OR REPLACE FUNCTION unfold_positions(accounts VARCHAR[], days TIMESTAMP[]) RETURNS VOID LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    gone_accounts VARCHAR[];
    gone_days     TIMESTAMP[];
    unmarked      VARCHAR[];
BEGIN
    -- States of the fold that are no longer their row's state.
    SELECT array_agg(d.position_account), array_agg(d.day) INTO gone_accounts, gone_days
    FROM (SELECT DISTINCT * FROM unnest(accounts, days) AS o (position_account, day)) AS o
    CROSS JOIN LATERAL (
        SELECT * FROM public.position_days AS d
        WHERE d.position_account = o.position_account AND d.day = o.day
    ) AS d
    WHERE NOT EXISTS (
        SELECT FROM public.positions AS p
        WHERE p.id = d.history_id AND p.position_account = d.position_account
          AND p.block_time >= d.day AND p.block_time < d.day + interval '1 day'
          AND p.slot = d.slot AND p.ordinal IS NOT DISTINCT FROM d.ordinal
          AND p.kafka_offset IS NOT DISTINCT FROM d.kafka_offset
    );
    IF gone_accounts IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM public.position_days AS d
    WHERE d.is_current AND (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
    ORDER BY d.position_account FOR UPDATE;
    PERFORM FROM public.position_days AS d
    WHERE NOT d.is_current AND (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
    ORDER BY d.position_account, d.day FOR UPDATE;

    WITH gone AS (
        DELETE FROM public.position_days AS d
        WHERE (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
        RETURNING d.position_account, d.is_current
    )
    SELECT array_agg(position_account) FILTER (WHERE is_current) INTO unmarked FROM gone;
    PERFORM public.derive_position_days(gone_accounts, gone_days);
    IF unmarked IS NULL THEN
        RETURN;
    END IF;

    -- Whoever takes away the day that is to have the mark is waited for. Then it goes to another one.
    LOOP
        UPDATE public.position_days AS d SET is_current = true
        WHERE d.position_account = ANY (unmarked)
          AND NOT EXISTS (
              SELECT FROM public.position_days AS n
              WHERE n.position_account = d.position_account
                AND (n.is_current OR (n.slot, coalesce(n.ordinal, 2147483648), coalesce(n.kafka_offset, -1), n.history_id)
                                     > (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id))
          );
        EXIT WHEN NOT EXISTS (
            SELECT FROM public.position_days AS d
            WHERE d.position_account = ANY (unmarked)
              AND NOT EXISTS (
                  SELECT FROM public.position_days AS n WHERE n.position_account = d.position_account AND n.is_current
              )
        );
    END LOOP;
END
$$;

-- Down Migration

CREATE OR REPLACE FUNCTION unfold_positions(accounts VARCHAR[], days TIMESTAMP[]) RETURNS VOID LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    gone_accounts VARCHAR[];
    gone_days     TIMESTAMP[];
    unmarked      VARCHAR[];
BEGIN
    -- States of the fold that are no longer their row's state.
    SELECT array_agg(d.position_account), array_agg(d.day) INTO gone_accounts, gone_days
    FROM (SELECT DISTINCT * FROM unnest(accounts, days) AS o (position_account, day)) AS o
    CROSS JOIN LATERAL (
        SELECT * FROM public.position_days AS d
        WHERE d.position_account = o.position_account AND d.day = o.day
    ) AS d
    WHERE NOT EXISTS (
        SELECT FROM public.positions AS p
        WHERE p.id = d.history_id AND p.position_account = d.position_account
          AND p.block_time >= d.day AND p.block_time < d.day + interval '1 day'
          AND p.slot = d.slot AND p.ordinal IS NOT DISTINCT FROM d.ordinal
          AND p.kafka_offset IS NOT DISTINCT FROM d.kafka_offset
    );
    IF gone_accounts IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM public.position_days AS d
    WHERE d.is_current AND (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
    ORDER BY d.position_account FOR UPDATE;
    PERFORM FROM public.position_days AS d
    WHERE NOT d.is_current AND (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
    ORDER BY d.position_account, d.day FOR UPDATE;

    WITH gone AS (
        DELETE FROM public.position_days AS d
        WHERE (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
        RETURNING d.position_account, d.is_current
    )
    SELECT array_agg(position_account) FILTER (WHERE is_current) INTO unmarked FROM gone;
    PERFORM public.derive_position_days(gone_accounts, gone_days);
    IF unmarked IS NULL THEN
        RETURN;
    END IF;

    UPDATE public.position_days AS d SET is_current = true
    WHERE d.position_account = ANY (unmarked)
      AND NOT EXISTS (
          SELECT FROM public.position_days AS n
          WHERE n.position_account = d.position_account
            AND (n.is_current OR (n.slot, coalesce(n.ordinal, 2147483648), coalesce(n.kafka_offset, -1), n.history_id)
                                 > (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id))
      );
END
$$;
