-- The laws that need what came before, and the locks under which they are kept. ledger/rules/laws.py tells them again.

-- Makes the lots and processes that are new, each by its path.
CREATE OR REPLACE FUNCTION ledger_open_batches(paths text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_batch (path, is_closed) SELECT p, false FROM unnest(paths) p ORDER BY p ON CONFLICT DO NOTHING;
$$;

-- Balances that do not exist yet are made with the bounds of their purpose (the table in ledger/rules/entries.py).
CREATE OR REPLACE FUNCTION ledger_lock_balances(accounts bigint[], units bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    pair_accounts bigint[];
    pair_units bigint[];
    locked bigint;
BEGIN
    SELECT array_agg(account_id), array_agg(unit_id) INTO pair_accounts, pair_units
    FROM (SELECT DISTINCT account_id, unit_id FROM unnest(accounts, units) AS pair (account_id, unit_id) ORDER BY 1, 2) pair;
    FOR i IN 1..2 LOOP
        PERFORM FROM ledger_balance b
            JOIN unnest(pair_accounts, pair_units) AS pair (account_id, unit_id)
                ON b.account_id = pair.account_id AND b.unit_id = pair.unit_id
            ORDER BY b.account_id, b.unit_id FOR UPDATE OF b;
        GET DIAGNOSTICS locked = ROW_COUNT;
        EXIT WHEN locked = cardinality(pair_accounts);
        PERFORM ledger_open_balances(pair_accounts, pair_units);
    END LOOP;
END $$;

-- A lot is filled, then drawn; a process takes goods until it has produced, once. What undoes may always come back.
CREATE OR REPLACE FUNCTION ledger_refuse_batches(
    bodies jsonb[], entry_n integer[], giver_ids bigint[], taker_ids bigint[], unit_ids bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    WITH moving AS MATERIALIZED (
        SELECT f.entry, g.path AS giver, t.path AS taker, g.word AS giver_word, t.word AS taker_word,
               u.family = 'thing' AND u.code <> 'part' AND g.path <> t.path AS is_thing,
               g.word = 'processes' AND bodies[f.entry] ->> 'action' = 'produce' AS is_produce
        FROM unnest(entry_n, giver_ids, taker_ids, unit_ids) AS f (entry, giver, taker, unit)
            JOIN ledger_account g ON g.id = f.giver
            JOIN ledger_account t ON t.id = f.taker
            JOIN ledger_unit u ON u.id = f.unit
        WHERE bodies[f.entry] ->> 'undoes' IS NULL
    ), closing AS MATERIALIZED (  -- by path: after which entry of this call it is closed, 0 if it was before
        SELECT jsonb_object_agg(path, entry) AS after FROM (
            SELECT path, min(entry) AS entry FROM (
                SELECT giver AS path, entry FROM moving WHERE giver_word = 'lots' AND is_thing OR is_produce
                UNION ALL
                SELECT path, 0 FROM ledger_batch
                WHERE is_closed AND path = ANY (ARRAY(SELECT giver FROM moving UNION SELECT taker FROM moving))
            ) closed GROUP BY path
        ) first
    ), broken AS MATERIALIZED (
        SELECT giver, taker, taker_word, (after -> taker)::integer < entry AS into_taker FROM moving, closing
        WHERE is_thing AND (taker_word = 'lots' OR taker_word = 'processes' AND giver_word = 'lots')
                AND (after -> taker)::integer < entry
            OR is_produce AND (after -> giver)::integer < entry
        ORDER BY entry LIMIT 1
    )
    SELECT closing.after, broken.* INTO hit FROM closing LEFT JOIN broken ON true;
    IF hit.into_taker AND hit.taker_word = 'lots' THEN
        PERFORM ledger_refuse('LotAlreadyDrawn', jsonb_build_object('lot', hit.taker));
    ELSIF hit.giver IS NOT NULL THEN
        PERFORM ledger_refuse('ProcessFinished',
            jsonb_build_object('process', CASE WHEN hit.into_taker THEN hit.taker ELSE hit.giver END));
    END IF;
    UPDATE ledger_batch SET is_closed = true
    WHERE path = ANY (ARRAY(SELECT jsonb_object_keys(hit.after))) AND NOT is_closed;
END $$;

-- After every entry the claims on a holder equal the money it holds: the two change by the same amount.
CREATE OR REPLACE FUNCTION ledger_refuse_parting(
    entry_n integer[], giver_ids bigint[], taker_ids bigint[], unit_ids bigint[], quantities bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    SELECT m.entry, m.holder, m.money, sum(m.change) AS change INTO hit FROM (
        SELECT p.entry, p.change, split_part(u.code, '@', 1) AS money,
               CASE WHEN u.family = 'claim' THEN split_part(u.code, '@', 2) ELSE a.owner_id END AS holder
        FROM (SELECT * FROM unnest(entry_n, taker_ids, unit_ids, quantities) AS taken (entry, account, unit, change)
              UNION ALL
              SELECT entry, account, unit, -quantity
              FROM unnest(entry_n, giver_ids, unit_ids, quantities) AS given (entry, account, unit, quantity)) p
            JOIN ledger_unit u ON u.id = p.unit
            JOIN ledger_account a ON a.id = p.account
        WHERE u.family = 'claim' AND a.word = 'owes'
           OR u.family = 'money' AND a.word IN ('till', 'prepaid', 'float')
              AND (a.owner_id LIKE 'coops/%' OR a.owner_id LIKE 'operators/%')
    ) m GROUP BY m.entry, m.holder, m.money HAVING sum(m.change) <> 0 ORDER BY m.entry LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('ClaimsAndMoneyPart',
            jsonb_build_object('holder', hit.holder, 'unit', hit.money, 'change', hit.change));
    END IF;
END $$;

-- Refuses where a balance would leave its bounds after any entry, also inside a batch.
CREATE OR REPLACE FUNCTION ledger_refuse_bounds(
    entry_n integer[], giver_ids bigint[], taker_ids bigint[], unit_ids bigint[], quantities bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    WITH posting AS MATERIALIZED (
        SELECT entry, account, unit, sum(taken) - sum(given) AS change FROM (
            SELECT entry, account, unit, quantity AS taken, 0 AS given
            FROM unnest(entry_n, taker_ids, unit_ids, quantities) AS f (entry, account, unit, quantity)
            UNION ALL
            SELECT entry, account, unit, 0, quantity
            FROM unnest(entry_n, giver_ids, unit_ids, quantities) AS f (entry, account, unit, quantity)
        ) flow GROUP BY entry, account, unit
    ), running AS MATERIALIZED (
        SELECT p.entry, p.account, p.unit, p.change, b.floor, b.ceiling, b.held,
               b.quantity + sum(p.change) OVER (PARTITION BY p.account, p.unit ORDER BY p.entry) AS after
        FROM posting p JOIN ledger_balance b ON b.account_id = p.account AND b.unit_id = p.unit
    ), broken AS MATERIALIZED (
        SELECT * FROM running
        WHERE change < 0 AND after - held < floor OR change > 0 AND after > ceiling
           OR after NOT BETWEEN -9223372036854775807 AND 9223372036854775807
        ORDER BY entry LIMIT 1
    )
    SELECT a.address, u.code, broken.after, broken.floor, broken.held, broken.change INTO hit
    FROM broken JOIN ledger_account a ON a.id = broken.account JOIN ledger_unit u ON u.id = broken.unit;
    IF FOUND THEN
        PERFORM ledger_refuse(
            CASE WHEN hit.after NOT BETWEEN -9223372036854775807 AND 9223372036854775807 THEN 'BalanceTooLarge'
                 WHEN hit.change < 0 THEN 'BelowFloor' ELSE 'MoreThanWasGiven' END,
            jsonb_build_object('address', hit.address, 'unit', hit.code, 'after', hit.after::text,
                               'floor', hit.floor::text, 'held', hit.held::text,
                               'short', (hit.floor + hit.held - hit.after)::text));
    END IF;
END $$;

-- For each account and unit, no more is taken back of an entry than the account received by it, and no more comes back to
-- an account than it gave; but for the mirrors of what a holder holds, which follow whoever pays in somebody's stead.
CREATE OR REPLACE FUNCTION ledger_refuse_undoing_too_much(undone uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    SELECT a.address, u.code, abs(origin.got) AS got, back.key,
           CASE WHEN origin.got > 0 THEN back.given ELSE back.taken END AS quantity INTO hit
    FROM (SELECT e.token AS origin, e.key, side.account, f.unit_id, sum(side.given) AS given, sum(side.taken) AS taken
          FROM ledger_entry e JOIN ledger_entry later ON later.undoes = e.token JOIN ledger_flow f ON f.token = later.token,
              LATERAL (VALUES (f.giver_id, f.quantity, 0), (f.taker_id, 0, f.quantity)) AS side (account, given, taken)
          WHERE e.id = ANY (undone) GROUP BY e.token, e.key, side.account, f.unit_id) back
        JOIN ledger_account a ON a.id = back.account
        JOIN ledger_unit u ON u.id = back.unit_id,
        LATERAL (SELECT sum(CASE WHEN taker_id = back.account THEN quantity ELSE -quantity END) AS got
                 FROM ledger_flow WHERE token = back.origin AND unit_id = back.unit_id
                    AND back.account IN (giver_id, taker_id)) origin
    WHERE origin.got > 0 AND back.given > origin.got OR origin.got < 0 AND back.taken > -origin.got
        AND a.word NOT IN ('owes', 'debts', 'losses') LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('UndoesTooMuch', jsonb_build_object('key', hit.key, 'address', hit.address,
            'unit', hit.code, 'taken', hit.quantity::text, 'got', hit.got::text));
    END IF;
END $$;

-- A closed period takes nothing more: neither from or to an account of its owner, nor in claims on it.
CREATE OR REPLACE FUNCTION ledger_refuse_backdating(
    bodies jsonb[], entry_n integer[], giver_ids bigint[], taker_ids bigint[], unit_ids bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    SELECT c.scope, c.before INTO hit
    FROM unnest(bodies) WITH ORDINALITY AS b (body, n)
        JOIN ledger_closing c ON (b.body ->> 'at')::timestamptz < c.before
        JOIN unnest(entry_n, giver_ids, taker_ids, unit_ids) AS f (entry, giver, taker, unit) ON f.entry = b.n
        JOIN ledger_account g ON g.id = f.giver
        JOIN ledger_account t ON t.id = f.taker
        JOIN ledger_unit u ON u.id = f.unit
    WHERE c.owner IN ('', g.owner_id, t.owner_id, split_part(u.code, '@', 2))
        AND c.unit IN ('', split_part(u.code, '@', 1))
    ORDER BY b.n, c.scope LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('PeriodClosed', jsonb_build_object('scope', hit.scope,
            'before', to_char(hit.before AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')));
    END IF;
END $$;
