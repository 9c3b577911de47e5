-- The one door through which anything enters the journal; the web role may call it and can write nothing by itself.
-- It records leaves of one kind, in order; what is recorded already is answered and not written again. `holds` are keys of
-- holds, each captured by the entry whose key stands at the same place of `capturing`.
--
-- Everything is looked up by a key, few rows beside a table of many: a plan that walks or hashes a whole table, or that is
-- made anew at each call, costs more than the recording itself. So does each statement: what one can find in passing is
-- found there, and what was not found to be needed is not asked.
CREATE OR REPLACE FUNCTION ledger_record(leaves text[], holds text[] DEFAULT NULL, capturing text[] DEFAULT NULL)
RETURNS TABLE (leaf text, token bigint, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
    SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    -- one element for each leaf that is new, in order (arrays are walked by unnest: an index into one costs its length)
    fresh text[]; bodies jsonb[]; keys text[]; counts integer[]; tokens bigint[]; undone uuid[];
    -- one element for each of their flows
    entry_n integer[]; flow_n integer[]; quantities bigint[]; giver_ids bigint[]; taker_ids bigint[]; unit_ids bigint[];
    -- one element for each batch that they fill or draw, and for each balance that moves, in the order of the locks
    batches text[]; accounts bigint[]; units bigint[]; taken numeric[]; given numeric[];
    are_whole boolean; some_are_new boolean; any_closed boolean; any_period boolean; any_held boolean; any_drawn boolean;
    any_ended boolean; is_tight boolean; all_locked boolean; ignored text;
    body jsonb := leaves[1]::jsonb;
    hit record;
BEGIN
    ignored := set_config('ledger.recording', 'on', true);
    IF body ->> 'type' IS DISTINCT FROM 'entry' THEN
        RETURN QUERY SELECT * FROM ledger_record_declarations(leaves);
        ignored := set_config('ledger.recording', '', true);
        RETURN;
    END IF;

    -- once: the same key and the same body answer the same; the same key and another body is refused
    IF cardinality(leaves) > 1 THEN
        SELECT array_agg(given), array_agg(body), array_agg(key), array_agg(jsonb_array_length(body -> 'flows')),
               array_agg(undoes) FILTER (WHERE undoes IS NOT NULL)
        INTO fresh, bodies, keys, counts, undone
        FROM (SELECT given, body, body ->> 'key' AS key, (body ->> 'undoes')::uuid AS undoes
              FROM (SELECT n, given, given::jsonb AS body FROM unnest(leaves) WITH ORDINALITY AS l (given, n) OFFSET 0) l
              WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.key = body ->> 'key') ORDER BY n) l;
    ELSIF NOT EXISTS (SELECT FROM ledger_entry e WHERE e.key = body ->> 'key') THEN
        fresh := leaves;
        bodies := ARRAY[body];
        keys := ARRAY[body ->> 'key'];
        counts := ARRAY[jsonb_array_length(body -> 'flows')];
        undone := CASE WHEN body ->> 'undoes' IS NOT NULL THEN ARRAY[(body ->> 'undoes')::uuid] END;
    END IF;
    IF fresh IS NULL OR cardinality(fresh) < cardinality(leaves) THEN
        PERFORM ledger_refuse_another_body(leaves);
    END IF;
    IF fresh IS NOT NULL THEN

    IF 0 = ANY (counts) THEN
        PERFORM ledger_refuse('MalformedEntry', '{"why": "an entry moves something"}');
    END IF;
    -- from here on no account is closed and no period; what an entry uses for the first time is opened
    LOCK TABLE ledger_closing IN ROW SHARE MODE;
    FOR i IN 1..2 LOOP
        SELECT array_agg(f.entry), array_agg(f.n), array_agg(f.quantity), array_agg(g.id), array_agg(t.id), array_agg(u.id),
               bool_and(f.is_text AND f.quantity > 0 AND f.quantity::text = f.written),
               bool_or(g.id IS NULL OR t.id IS NULL OR u.id IS NULL), bool_or(g.is_closed OR t.is_closed),
               EXISTS (SELECT FROM ledger_closing),
               bool_or(g.word IN ('owes', 'till', 'prepaid', 'float') OR t.word IN ('owes', 'till', 'prepaid', 'float')),
               bool_or(g.word IN ('lots', 'processes')),
               array_agg(g.path::text) FILTER (WHERE g.word IN ('lots', 'processes'))
               || array_agg(t.path::text) FILTER (WHERE t.word IN ('lots', 'processes'))
        INTO entry_n, flow_n, quantities, giver_ids, taker_ids, unit_ids, are_whole, some_are_new, any_closed, any_period,
             any_held, any_drawn, batches
        FROM (SELECT b.n::integer AS entry, f.n::integer, flow ->> 0 AS giver, flow ->> 1 AS taker, flow ->> 2 AS unit,
                     flow ->> 3 AS written, (flow ->> 3)::bigint AS quantity, jsonb_typeof(flow -> 3) = 'string' AS is_text
              FROM unnest(bodies) WITH ORDINALITY AS b (body, n),
                  LATERAL jsonb_array_elements(b.body -> 'flows') WITH ORDINALITY AS f (flow, n) OFFSET 0) f
            LEFT JOIN ledger_account g ON g.address = f.giver
            LEFT JOIN ledger_account t ON t.address = f.taker
            LEFT JOIN ledger_unit u ON u.code = f.unit;
        IF are_whole IS NOT TRUE THEN
            PERFORM ledger_refuse('MalformedEntry', '{"why": "a quantity is a whole number above zero, at most 2^63−1"}');
        END IF;
        EXIT WHEN NOT some_are_new;
        PERFORM ledger_open_accounts(ARRAY(
            SELECT DISTINCT a FROM unnest(bodies) b, jsonb_array_elements(b -> 'flows') f, unnest(ARRAY[f ->> 0, f ->> 1]) a));
        PERFORM ledger_open_units(ARRAY(
            SELECT DISTINCT f ->> 2 FROM unnest(bodies) b, jsonb_array_elements(b -> 'flows') f));
    END LOOP;

    -- refuse what no lock is needed to see, so that others wait for the locks no longer than they must
    IF any_closed THEN
        SELECT a.address INTO hit FROM ledger_account a WHERE a.id = ANY (giver_ids || taker_ids) AND a.is_closed LIMIT 1;
        PERFORM ledger_refuse('AccountClosed', jsonb_build_object('address', hit.address));
    END IF;
    IF any_period THEN
        PERFORM ledger_refuse_backdating(bodies, entry_n, giver_ids, taker_ids, unit_ids);
    END IF;
    IF any_held THEN
        PERFORM ledger_refuse_parting(entry_n, giver_ids, taker_ids, unit_ids, quantities);
    END IF;

    -- lock, in one order everywhere: what is closed (above), the entries to be undone, batches by path, balances by account
    -- and unit, holds. Balances wait for the batches, and both are made where they are new.
    IF undone IS NOT NULL THEN
        PERFORM FROM ledger_entry WHERE id = ANY (undone) ORDER BY token FOR UPDATE;
    END IF;
    IF cardinality(batches) > 1 THEN
        batches := ARRAY(SELECT DISTINCT path FROM unnest(batches) path);
    END IF;
    FOR i IN 1..3 LOOP
        SELECT array_agg(account), array_agg(unit), array_agg(takes), array_agg(gives), count(*) = max(wanted),
               -- could one leave its bounds, whatever the order? what is held for somebody stays above the floor
               bool_or(quantity - gives - held < floor OR quantity + takes > ceiling
                       OR quantity - gives < -9223372036854775807 OR quantity + takes > 9223372036854775807),
               bool_or(any_closed)
        INTO accounts, units, taken, given, all_locked, is_tight, any_ended
        FROM (SELECT count(*) AS locked, bool_or(is_closed) AS any_closed
              FROM (SELECT is_closed FROM ledger_batch WHERE path = ANY (batches) ORDER BY path FOR UPDATE) b) batch,
            LATERAL (
                SELECT m.*, b.quantity, b.held, b.floor, b.ceiling
                FROM (SELECT account, unit, count(*) OVER () AS wanted,
                             coalesce(sum(quantity) FILTER (WHERE n <= cardinality(taker_ids)), 0) AS takes,
                             coalesce(sum(quantity) FILTER (WHERE n > cardinality(taker_ids)), 0) AS gives
                      FROM unnest(CASE WHEN batch.locked = coalesce(cardinality(batches), 0) THEN taker_ids || giver_ids END,
                                  unit_ids || unit_ids, quantities || quantities)
                          WITH ORDINALITY AS side (account, unit, quantity, n)
                      GROUP BY account, unit) m
                    JOIN ledger_balance b ON b.account_id = m.account AND b.unit_id = m.unit
                ORDER BY b.account_id, b.unit_id FOR UPDATE OF b) balance;
        EXIT WHEN all_locked;
        PERFORM ledger_open_batches(batches);
        PERFORM ledger_open_balances(taker_ids || giver_ids, unit_ids || unit_ids);
    END LOOP;

    -- refuse what came before; while we waited, another may have recorded the same, and then nothing is refused
    -- (where nothing could be, the key is taken, and whoever asked asks again)
    IF any_drawn OR any_ended OR is_tight OR undone IS NOT NULL OR holds IS NOT NULL THEN
        IF EXISTS (SELECT FROM ledger_entry e WHERE e.key = ANY (keys)) THEN
            RETURN QUERY SELECT * FROM ledger_record(leaves, holds, capturing);
            RETURN;
        END IF;
    END IF;
    IF any_drawn OR any_ended THEN
        PERFORM ledger_refuse_batches(bodies, entry_n, giver_ids, taker_ids, unit_ids);
    END IF;

    -- write: the token is drawn only now, while the balances are locked, so that its order replays
    IF cardinality(fresh) = 1 THEN
        tokens := ARRAY[nextval('ledger_token')];
    ELSE
        tokens := ARRAY(SELECT nextval('ledger_token') FROM generate_series(1, cardinality(fresh)));
    END IF;
    IF holds IS NOT NULL THEN
        PERFORM ledger_capture(holds, capturing, keys, tokens, entry_n, giver_ids, unit_ids);
    END IF;
    IF is_tight THEN
        PERFORM ledger_refuse_bounds(entry_n, giver_ids, taker_ids, unit_ids, quantities);
    END IF;
    IF undone IS NOT NULL THEN
        PERFORM ledger_write_undoing(bodies, tokens);
    END IF;
    WITH moved AS (
        UPDATE ledger_balance b SET quantity = b.quantity + m.takes - m.gives
        FROM unnest(accounts, units, taken, given) AS m (account, unit, takes, gives)
        WHERE b.account_id = m.account AND b.unit_id = m.unit
    ), leaf AS (
        INSERT INTO ledger_leaf (token, text, hash)
        SELECT l.token, l.text, sha256('\x00'::bytea || convert_to(l.text, 'UTF8'))
        FROM unnest(tokens, fresh) AS l (token, text)
    ), entry AS (
        INSERT INTO ledger_entry (token, id, key, action, purpose, at, recorded_at, by, evidence, undoes, flow_count)
        SELECT f.token, (b ->> 'id')::uuid, b ->> 'key', b ->> 'action', b ->> 'purpose', (b ->> 'at')::timestamptz,
               (b ->> 'recorded')::timestamptz, b -> 'by', b ->> 'evidence', NULL, f.flow_count
        FROM unnest(bodies, tokens, counts) AS f (b, token, flow_count) WHERE b ->> 'undoes' IS NULL
    )
    INSERT INTO ledger_flow (token, n, giver_id, taker_id, unit_id, quantity, flow_count)
    SELECT tokens[f.entry], f.n, f.giver, f.taker, f.unit, f.quantity, counts[f.entry]
    FROM unnest(entry_n, flow_n, giver_ids, taker_ids, unit_ids, quantities) AS f (entry, n, giver, taker, unit, quantity);
    IF undone IS NOT NULL THEN
        PERFORM ledger_refuse_undoing_too_much(undone);
    END IF;

    END IF;
    IF holds IS NOT NULL THEN
        PERFORM ledger_refuse_resolved_holds(holds, capturing);
    END IF;
    ignored := set_config('ledger.recording', '', true);
    IF cardinality(leaves) = 1 AND fresh IS NOT NULL THEN
        token := tokens[1];
        is_new := true;
        RETURN NEXT;
    ELSIF cardinality(fresh) = cardinality(leaves) THEN
        RETURN QUERY SELECT NULL::text, t, true FROM unnest(tokens) t;
    ELSE
        -- what was recorded before has an older token than what this call drew
        RETURN QUERY SELECT CASE WHEN e.token >= tokens[1] THEN NULL ELSE l.text END, e.token,
                            coalesce(e.token >= tokens[1], false)
            FROM unnest(leaves) WITH ORDINALITY AS k (leaf, n)
                JOIN ledger_entry e ON e.key = k.leaf::jsonb ->> 'key'
                JOIN ledger_leaf l ON l.token = e.token
            ORDER BY k.n;
    END IF;
END $$;
