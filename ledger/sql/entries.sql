-- How entries are recorded: once, locked, refused or written, set by set.

CREATE OR REPLACE FUNCTION ledger_write_leaves(tokens bigint[], leaves text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_leaf (token, text, hash)
    SELECT token, leaf, sha256('\x00'::bytea || convert_to(leaf, 'UTF8')) FROM unnest(tokens, leaves) AS given (token, leaf);
$$;

-- `holds` are keys of holds, each captured by the entry whose key stands at the same place of `capturing`.
CREATE OR REPLACE FUNCTION ledger_record_entries(leaves text[], holds text[], capturing text[])
RETURNS TABLE (leaf text, token bigint, is_new boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    -- one element for each leaf that is new, in order (arrays are walked by unnest: an index into one costs its length)
    fresh integer[]; fresh_leaves text[]; bodies jsonb[]; keys text[]; counts integer[]; tokens bigint[];
    -- one element for each of their flows, in order
    entry_n integer[]; flow_n integer[]; givers text[]; takers text[]; units text[]; quantities bigint[];
    giver_ids bigint[]; taker_ids bigint[]; unit_ids bigint[]; giver_paths text[]; taker_paths text[];
    giver_words text[]; taker_words text[]; things boolean[]; undoing boolean[]; actions text[];
    undone uuid[]; are_whole boolean; any_closed boolean;
    hit record;
BEGIN
    -- once: the same key and the same body answer the same; the same key and another body is refused
    SELECT array_agg(n), array_agg(given), array_agg(body), array_agg(key), array_agg(undoes) FILTER (WHERE undoes IS NOT NULL)
    INTO fresh, fresh_leaves, bodies, keys, undone
    FROM (SELECT n, given, body, body ->> 'key' AS key, (body ->> 'undoes')::uuid AS undoes
          FROM (SELECT n, given, given::jsonb AS body FROM unnest(leaves) WITH ORDINALITY AS l (given, n) OFFSET 0) l
          WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.key = body ->> 'key') ORDER BY n) l;
    IF fresh IS NULL OR cardinality(fresh) < cardinality(leaves) THEN
        PERFORM ledger_refuse_another_body(leaves);
    END IF;
    IF fresh IS NOT NULL THEN

    -- read the flows
    counts := ARRAY(SELECT jsonb_array_length(body -> 'flows') FROM unnest(bodies) body);
    SELECT array_agg(entry), array_agg(n), array_agg(flow ->> 0), array_agg(flow ->> 1), array_agg(flow ->> 2),
           array_agg((flow ->> 3)::bigint), array_agg(body ->> 'undoes' IS NOT NULL), array_agg(body ->> 'action'),
           bool_and(jsonb_typeof(flow -> 3) = 'string' AND (flow ->> 3)::bigint > 0
                    AND (flow ->> 3)::bigint::text = flow ->> 3)
    INTO entry_n, flow_n, givers, takers, units, quantities, undoing, actions, are_whole
    FROM (SELECT b.n AS entry, f.n, f.flow, b.body FROM unnest(bodies) WITH ORDINALITY AS b (body, n),
              LATERAL jsonb_array_elements(b.body -> 'flows') WITH ORDINALITY AS f (flow, n) ORDER BY b.n, f.n) flows;
    IF 0 = ANY (counts) THEN
        PERFORM ledger_refuse('MalformedEntry', '{"why": "an entry moves something"}');
    END IF;
    IF are_whole IS NOT TRUE THEN
        PERFORM ledger_refuse('MalformedEntry', '{"why": "a quantity is a whole number above zero, at most 2^63−1"}');
    END IF;
    -- from here on no account is closed and no period; what an entry uses for the first time is opened
    LOCK TABLE ledger_closing IN ROW SHARE MODE;
    FOR i IN 1..2 LOOP
        SELECT array_agg(giver_id), array_agg(taker_id), array_agg(unit_id), array_agg(giver_path), array_agg(taker_path),
               array_agg(giver_word), array_agg(taker_word), array_agg(is_thing), bool_or(is_closed)
        INTO giver_ids, taker_ids, unit_ids, giver_paths, taker_paths, giver_words, taker_words, things, any_closed
        FROM (SELECT g.id AS giver_id, t.id AS taker_id, u.id AS unit_id, g.path AS giver_path, t.path AS taker_path,
                     g.word AS giver_word, t.word AS taker_word, u.family = 'thing' AND u.code <> 'part' AS is_thing,
                     g.is_closed OR t.is_closed AS is_closed
              FROM unnest(givers, takers, units) WITH ORDINALITY AS f (giver, taker, unit, i)
                  JOIN ledger_account g ON g.address = f.giver
                  JOIN ledger_account t ON t.address = f.taker
                  JOIN ledger_unit u ON u.code = f.unit ORDER BY f.i) flows;
        EXIT WHEN cardinality(giver_ids) = cardinality(givers);
        PERFORM ledger_open_accounts(ARRAY(SELECT DISTINCT a FROM unnest(givers || takers) a));
        PERFORM ledger_open_units(ARRAY(SELECT DISTINCT u FROM unnest(units) u));
    END LOOP;

    -- refuse what no lock is needed to see, so that others wait for the locks no longer than they must
    IF any_closed THEN
        SELECT a.address INTO hit FROM ledger_account a WHERE a.id = ANY (giver_ids || taker_ids) AND a.is_closed LIMIT 1;
        PERFORM ledger_refuse('AccountClosed', jsonb_build_object('address', hit.address));
    END IF;
    PERFORM ledger_refuse_backdating(bodies, entry_n, giver_ids, taker_ids, unit_ids);
    IF giver_words || taker_words && ARRAY['owes', 'till', 'prepaid', 'float'] THEN
        PERFORM ledger_refuse_parting(entry_n, giver_ids, taker_ids, unit_ids, quantities);
    END IF;

    -- lock, in one order everywhere: what is closed (above), batches, the entries to be undone, balances, holds
    PERFORM ledger_lock_batches(giver_paths || taker_paths, giver_words || taker_words);
    IF undone IS NOT NULL THEN
        PERFORM FROM ledger_entry WHERE id = ANY (undone) ORDER BY token FOR UPDATE;
    END IF;
    PERFORM ledger_lock_balances(giver_ids || taker_ids, unit_ids || unit_ids);
    -- while we waited, another may have recorded the same
    IF EXISTS (SELECT FROM ledger_entry e WHERE e.key = ANY (keys)) THEN
        RETURN QUERY SELECT * FROM ledger_record_entries(leaves, holds, capturing);
        RETURN;
    END IF;

    -- refuse
    PERFORM ledger_refuse_batches(entry_n, giver_paths, taker_paths, giver_words, taker_words, things, undoing, actions);

    -- write: the token is drawn only now, while the balances are locked, so that its order replays
    IF cardinality(fresh) = 1 THEN
        tokens := ARRAY[nextval('ledger_token')];
    ELSE
        tokens := ARRAY(SELECT nextval('ledger_token') FROM generate_series(1, cardinality(fresh)));
    END IF;
    IF holds IS NOT NULL THEN
        PERFORM ledger_capture(holds, capturing, keys, tokens, entry_n, giver_ids, unit_ids);
    END IF;
    PERFORM ledger_move(entry_n, giver_ids, taker_ids, unit_ids, quantities);
    PERFORM ledger_write_leaves(tokens, fresh_leaves);
    INSERT INTO ledger_entry (token, id, key, action, purpose, at, recorded_at, by, evidence, undoes, flow_count)
    SELECT f.token, (b ->> 'id')::uuid, b ->> 'key', b ->> 'action', b ->> 'purpose', (b ->> 'at')::timestamptz,
           (b ->> 'recorded')::timestamptz, b -> 'by', b ->> 'evidence', NULL, f.flow_count
    FROM unnest(bodies, tokens, counts) AS f (b, token, flow_count) WHERE b ->> 'undoes' IS NULL;
    IF undone IS NOT NULL THEN
        PERFORM ledger_write_undoing(bodies, tokens);
    END IF;
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
    IF cardinality(fresh) = cardinality(leaves) THEN
        RETURN QUERY SELECT NULL::text, t, true FROM unnest(tokens) t;
        RETURN;
    END IF;
    -- what was recorded before has an older token than what this call drew
    RETURN QUERY SELECT CASE WHEN e.token >= tokens[1] THEN NULL ELSE l.text END, e.token, coalesce(e.token >= tokens[1], false)
        FROM unnest(leaves) WITH ORDINALITY AS k (leaf, n)
            JOIN ledger_entry e ON e.key = k.leaf::jsonb ->> 'key'
            JOIN ledger_leaf l ON l.token = e.token
        ORDER BY k.n;
END $$;

CREATE OR REPLACE FUNCTION ledger_refuse_another_body(leaves text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    SELECT e.key, field.name INTO hit
    FROM unnest(leaves) AS given (leaf)
        JOIN ledger_entry e ON e.key = given.leaf::jsonb ->> 'key'
        JOIN ledger_leaf l ON l.token = e.token,
        LATERAL jsonb_object_keys((given.leaf::jsonb || l.text::jsonb) - 'id' - 'recorded') AS field (name)
    WHERE given.leaf::jsonb -> field.name IS DISTINCT FROM l.text::jsonb -> field.name
    ORDER BY e.token, array_position(ARRAY['flows', 'undoes', 'action', 'purpose', 'at', 'by', 'evidence'], field.name)
    LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('KeyHasAnotherBody', jsonb_build_object('key', hit.key, 'field', hit.name));
    END IF;
END $$;

CREATE OR REPLACE FUNCTION ledger_write_undoing(bodies jsonb[], tokens bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    INSERT INTO ledger_entry (token, id, key, action, purpose, at, recorded_at, by, evidence, undoes, flow_count)
    SELECT f.token, (b ->> 'id')::uuid, b ->> 'key', b ->> 'action', b ->> 'purpose', (b ->> 'at')::timestamptz,
           (b ->> 'recorded')::timestamptz, b -> 'by', b ->> 'evidence',
           origin.token, jsonb_array_length(b -> 'flows')
    FROM unnest(bodies, tokens) AS f (b, token)
        JOIN ledger_entry origin ON origin.id = (b ->> 'undoes')::uuid AND origin.undoes IS NULL
    WHERE b ->> 'undoes' IS NOT NULL;
    SELECT b ->> 'undoes' AS id INTO hit FROM unnest(bodies, tokens) AS f (b, token)
    WHERE b ->> 'undoes' IS NOT NULL AND NOT EXISTS (SELECT FROM ledger_entry e WHERE e.token = f.token) LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('NothingToUndo', jsonb_build_object('entry', hit.id));
    END IF;
END $$;
