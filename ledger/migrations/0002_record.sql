-- The one door through which anything enters the journal. `ledger_record` takes leaves (canonical JSON) and derives every
-- row from them, so that rows and leaves cannot disagree. It keeps the laws that need earlier entries; the laws of form
-- are kept by ledger/rules/entries.py, and all of them again by the replay. A refusal is an error RN001 whose message is
-- the refusal's name and whose detail is its facts as JSON.

CREATE SEQUENCE ledger_token;
INSERT INTO ledger_log (id, size) VALUES (1, 0);

CREATE TABLE ledger_purpose (word text PRIMARY KEY, floor bigint, ceiling bigint);
INSERT INTO ledger_purpose (word, floor, ceiling) VALUES
    ('till', 0, NULL), ('prepaid', 0, NULL), ('float', NULL, NULL), ('pocket', NULL, NULL), ('owes', NULL, NULL),
    ('losses', NULL, NULL), ('debts', NULL, NULL), ('free', 0, NULL), ('reserve', 0, NULL), ('funds', 0, NULL),
    ('earned', 0, NULL), ('disputed', 0, NULL), ('debt', 0, NULL), ('capital', 0, NULL), ('purse', 0, NULL),
    ('lots', 0, NULL), ('processes', NULL, NULL), ('parcels', 0, NULL), ('goods', NULL, NULL), ('stock', NULL, NULL),
    ('harvest', NULL, 0), ('work', NULL, 0), ('tools', NULL, 0), ('recipe', NULL, 0), ('copies', NULL, 0),
    ('body', NULL, NULL), ('count', NULL, NULL), ('opening', NULL, NULL);

CREATE FUNCTION ledger_refuse(refusal text, facts jsonb DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RN001', MESSAGE = refusal, DETAIL = facts::text;
END $$;

-- Whatever is not done by the functions below is refused, whoever asks; and what is written stays as it is.
CREATE FUNCTION ledger_refuse_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('ledger.recording', true), '') <> 'on' THEN
        RAISE EXCEPTION 'the journal is written by ledger_record alone: % of % refused', TG_OP, TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is recorded stays: % of % refused', TG_OP, TG_TABLE_NAME;
END $$;

DO $$
DECLARE
    journal text;
BEGIN
    FOREACH journal IN ARRAY ARRAY['unit', 'owner', 'account', 'batch', 'balance', 'entry', 'flow', 'leaf', 'document',
                                   'log', 'checkpoint', 'purpose'] LOOP
        EXECUTE format('CREATE TRIGGER recorded_by_function BEFORE INSERT OR UPDATE ON ledger_%s '
                       'EXECUTE FUNCTION ledger_refuse_by_hand()', journal);
        EXECUTE format('CREATE TRIGGER nothing_is_taken_away BEFORE DELETE OR TRUNCATE ON ledger_%s '
                       'EXECUTE FUNCTION ledger_refuse_change()', journal);
    END LOOP;
    FOREACH journal IN ARRAY ARRAY['entry', 'flow', 'document', 'checkpoint', 'purpose'] LOOP
        EXECUTE format('CREATE TRIGGER nothing_is_changed BEFORE UPDATE ON ledger_%s '
                       'EXECUTE FUNCTION ledger_refuse_change()', journal);
    END LOOP;
END $$;

-- A leaf changes once: when it is given its place in the tree.
CREATE FUNCTION ledger_refuse_leaf_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.index IS NOT NULL OR NEW.index IS NULL OR (NEW.token, NEW.text, NEW.hash) <> (OLD.token, OLD.text, OLD.hash) THEN
        RAISE EXCEPTION 'what is recorded stays: UPDATE of ledger_leaf refused';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER leaf_is_only_placed BEFORE UPDATE ON ledger_leaf FOR EACH ROW EXECUTE FUNCTION ledger_refuse_leaf_change();

-- An entry has as many flows as it says, and none comes later: number n is taken for each of 1..flow_count.
ALTER TABLE ledger_entry ADD CONSTRAINT entry_and_its_flow_count UNIQUE (token, flow_count);
ALTER TABLE ledger_flow ADD COLUMN flow_count integer NOT NULL;
ALTER TABLE ledger_flow ADD CONSTRAINT flow_is_one_of_its_entry CHECK (n BETWEEN 1 AND flow_count);
ALTER TABLE ledger_flow ADD CONSTRAINT flow_counts_as_its_entry FOREIGN KEY (token, flow_count)
    REFERENCES ledger_entry (token, flow_count);

CREATE FUNCTION ledger_write_leaves(tokens bigint[], leaves text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_leaf (token, text, hash)
    SELECT token, leaf, sha256('\x00'::bytea || convert_to(leaf, 'UTF8')) FROM unnest(tokens, leaves) AS given (token, leaf);
$$;

-- Accounts are opened and units of claims are made by their first use.
CREATE FUNCTION ledger_open_accounts(addresses text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    missing text;
BEGIN
    addresses := ARRAY(SELECT a FROM unnest(addresses) a WHERE NOT EXISTS (SELECT FROM ledger_account WHERE address = a));
    IF cardinality(addresses) = 0 THEN
        RETURN;
    END IF;
    SELECT array_to_string((string_to_array(a, '/'))[1:2], '/') INTO missing FROM unnest(addresses) a
        WHERE NOT EXISTS (SELECT FROM ledger_owner o WHERE o.address = array_to_string((string_to_array(a, '/'))[1:2], '/'))
        ORDER BY a LIMIT 1;
    IF missing IS NOT NULL THEN
        PERFORM ledger_refuse('UnknownOwner', jsonb_build_object('owner', missing));
    END IF;
    INSERT INTO ledger_account (address, owner_id, path, word, is_closed)
    SELECT a, array_to_string((string_to_array(a, '/'))[1:2], '/'), split_part(a, '@', 1),
           split_part(split_part(a, '@', 1), '/', 3), false
    FROM unnest(addresses) a ORDER BY a ON CONFLICT (address) DO NOTHING;
END $$;

CREATE FUNCTION ledger_open_units(codes text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    missing text;
BEGIN
    codes := ARRAY(SELECT c FROM unnest(codes) c WHERE NOT EXISTS (SELECT FROM ledger_unit WHERE code = c));
    IF cardinality(codes) = 0 THEN
        RETURN;
    END IF;
    INSERT INTO ledger_unit (code, family, exponent)
    SELECT c, 'claim', money.exponent FROM unnest(codes) c
        JOIN ledger_unit money ON money.code = split_part(c, '@', 1) AND money.family = 'money'
        JOIN ledger_owner debtor ON debtor.address = split_part(c, '@', 2)
    WHERE c LIKE '%@%' ORDER BY c ON CONFLICT (code) DO NOTHING;
    SELECT c INTO missing FROM unnest(codes) c WHERE NOT EXISTS (SELECT FROM ledger_unit WHERE code = c) ORDER BY c LIMIT 1;
    IF missing IS NOT NULL THEN
        PERFORM ledger_refuse('UnknownUnit', jsonb_build_object('unit', missing));
    END IF;
END $$;

CREATE FUNCTION ledger_open_balances(accounts bigint[], units bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_balance (account_id, unit_id, quantity, floor, ceiling)
    SELECT a.id, u.id, 0,
           CASE WHEN a.word = 'purse' AND a.owner_id LIKE 'tax/%' THEN NULL
                WHEN a.word = 'processes' AND u.code = 'part' THEN -10000
                ELSE p.floor END,
           p.ceiling
    FROM unnest(accounts, units) AS pair (account_id, unit_id)
        JOIN ledger_account a ON a.id = pair.account_id
        JOIN ledger_unit u ON u.id = pair.unit_id
        JOIN ledger_purpose p ON p.word = a.word
    WHERE NOT EXISTS (SELECT FROM ledger_balance b WHERE b.account_id = a.id AND b.unit_id = u.id)
    ORDER BY a.id, u.id ON CONFLICT (account_id, unit_id) DO NOTHING;
$$;

CREATE FUNCTION ledger_record_entries(leaves text[]) RETURNS TABLE (leaf text, token bigint, is_new boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    -- one element for each leaf that is new, in order (arrays are walked by unnest: an index into one costs its length)
    fresh integer[]; fresh_leaves text[]; bodies jsonb[]; keys text[]; counts integer[]; tokens bigint[];
    -- one element for each of their flows, in order
    entry_n integer[]; flow_n integer[]; givers text[]; takers text[]; units text[]; quantities bigint[];
    giver_ids bigint[]; taker_ids bigint[]; unit_ids bigint[]; giver_paths text[]; taker_paths text[];
    giver_words text[]; taker_words text[]; things boolean[]; undoing boolean[]; actions text[];
    undone uuid[];
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
           array_agg((flow ->> 3)::bigint), array_agg(body ->> 'undoes' IS NOT NULL), array_agg(body ->> 'action')
    INTO entry_n, flow_n, givers, takers, units, quantities, undoing, actions
    FROM (SELECT b.n AS entry, f.n, f.flow, b.body FROM unnest(bodies) WITH ORDINALITY AS b (body, n),
              LATERAL jsonb_array_elements(b.body -> 'flows') WITH ORDINALITY AS f (flow, n) ORDER BY b.n, f.n) flows;
    IF 0 = ANY (counts) THEN
        PERFORM ledger_refuse('MalformedEntry', '{"why": "an entry moves something"}');
    END IF;
    PERFORM ledger_open_accounts(ARRAY(SELECT DISTINCT a FROM unnest(givers || takers) a));
    PERFORM ledger_open_units(ARRAY(SELECT DISTINCT u FROM unnest(units) u));
    SELECT array_agg(giver_id), array_agg(taker_id), array_agg(unit_id), array_agg(giver_path), array_agg(taker_path),
           array_agg(giver_word), array_agg(taker_word), array_agg(is_thing)
    INTO giver_ids, taker_ids, unit_ids, giver_paths, taker_paths, giver_words, taker_words, things
    FROM (SELECT g.id AS giver_id, t.id AS taker_id, u.id AS unit_id, g.path AS giver_path, t.path AS taker_path,
                 g.word AS giver_word, t.word AS taker_word, u.family = 'thing' AND u.code <> 'part' AS is_thing
          FROM unnest(givers, takers, units) WITH ORDINALITY AS f (giver, taker, unit, i)
              JOIN ledger_account g ON g.address = f.giver
              JOIN ledger_account t ON t.address = f.taker
              JOIN ledger_unit u ON u.code = f.unit ORDER BY f.i) flows;

    -- lock, in one order everywhere: batches, the entries to be undone, balances
    PERFORM ledger_lock_batches(giver_paths || taker_paths, giver_words || taker_words);
    IF undone IS NOT NULL THEN
        PERFORM FROM ledger_entry WHERE id = ANY (undone) ORDER BY token FOR UPDATE;
    END IF;
    PERFORM ledger_lock_balances(giver_ids || taker_ids, unit_ids || unit_ids);
    -- while we waited, another may have recorded the same
    IF EXISTS (SELECT FROM ledger_entry e WHERE e.key = ANY (keys)) THEN
        RETURN QUERY SELECT * FROM ledger_record_entries(leaves);
        RETURN;
    END IF;

    -- refuse
    SELECT a.address INTO hit FROM ledger_account a WHERE a.id = ANY (giver_ids || taker_ids) AND a.is_closed LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('AccountClosed', jsonb_build_object('address', hit.address));
    END IF;
    PERFORM ledger_refuse_batches(entry_n, giver_paths, taker_paths, giver_words, taker_words, things, undoing, actions);
    PERFORM ledger_refuse_parting(entry_n, giver_ids, taker_ids, unit_ids, quantities);

    -- write: the token is drawn only now, while the balances are locked, so that its order replays
    PERFORM ledger_move(entry_n, giver_ids, taker_ids, unit_ids, quantities);
    tokens := ARRAY(SELECT nextval('ledger_token') FROM generate_series(1, cardinality(fresh)));
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
    IF cardinality(fresh) = cardinality(leaves) THEN
        RETURN QUERY SELECT NULL::text, t, true FROM unnest(tokens) t;
        RETURN;
    END IF;
    RETURN QUERY SELECT CASE WHEN f.token IS NULL THEN l.text END, coalesce(f.token, l.token), f.token IS NOT NULL
        FROM unnest(leaves) WITH ORDINALITY AS k (leaf, n)
            LEFT JOIN unnest(fresh, tokens) AS f (n, token) ON f.n = k.n
            LEFT JOIN ledger_entry e ON f.n IS NULL AND e.key = k.leaf::jsonb ->> 'key'
            LEFT JOIN ledger_leaf l ON l.token = e.token
        ORDER BY k.n;
END $$;

CREATE FUNCTION ledger_refuse_another_body(leaves text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    SELECT e.key, field.name INTO hit
    FROM unnest(leaves) AS given (leaf)
        JOIN ledger_entry e ON e.key = given.leaf::jsonb ->> 'key'
        JOIN ledger_leaf l ON l.token = e.token,
        LATERAL jsonb_object_keys((given.leaf::jsonb || l.text::jsonb) - 'id' - 'recorded') AS field (name)
    WHERE given.leaf::jsonb -> field.name IS DISTINCT FROM l.text::jsonb -> field.name LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('KeyHasAnotherBody', jsonb_build_object('key', hit.key, 'field', hit.name));
    END IF;
END $$;

CREATE FUNCTION ledger_lock_batches(paths text[], words text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT words && ARRAY['lots', 'processes'] THEN
        RETURN;
    END IF;
    INSERT INTO ledger_batch (path, is_closed)
    SELECT DISTINCT p.path, false FROM unnest(paths, words) AS p (path, word)
    WHERE word IN ('lots', 'processes') AND NOT EXISTS (SELECT FROM ledger_batch b WHERE b.path = p.path)
    ORDER BY p.path ON CONFLICT DO NOTHING;
    PERFORM FROM ledger_batch WHERE path = ANY (paths) ORDER BY path FOR UPDATE;
END $$;

-- Balances that do not exist yet are made with the bounds of their purpose (the table in ledger/rules/entries.py).
CREATE FUNCTION ledger_lock_balances(accounts bigint[], units bigint[]) RETURNS void LANGUAGE plpgsql AS $$
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
CREATE FUNCTION ledger_refuse_batches(
    entry_n integer[], giver_paths text[], taker_paths text[], giver_words text[], taker_words text[], things boolean[],
    undoing boolean[], actions text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
    closing jsonb;   -- by path: after which entry of this call it is closed, 0 if it was before
BEGIN
    IF NOT (giver_words || taker_words && ARRAY['lots', 'processes']) THEN
        RETURN;
    END IF;
    SELECT jsonb_object_agg(path, entry) INTO closing FROM (
        SELECT path, min(entry) AS entry FROM (
            SELECT giver AS path, entry
            FROM unnest(entry_n, giver_paths, taker_paths, giver_words, things, undoing, actions)
                AS f (entry, giver, taker, word, is_thing, is_undoing, action)
            WHERE NOT is_undoing AND (word = 'lots' AND is_thing AND giver <> taker OR word = 'processes' AND action = 'produce')
            UNION ALL
            SELECT path, 0 FROM ledger_batch WHERE is_closed AND path = ANY (giver_paths || taker_paths)
        ) closed GROUP BY path
    ) first;
    IF closing IS NULL THEN
        RETURN;
    END IF;
    SELECT giver, taker, taker_word, (closing -> taker)::integer < entry AS into_taker INTO hit
    FROM unnest(entry_n, giver_paths, taker_paths, giver_words, taker_words, things, undoing, actions)
        AS f (entry, giver, taker, giver_word, taker_word, is_thing, is_undoing, action)
    WHERE NOT is_undoing AND (
        is_thing AND giver <> taker AND (taker_word = 'lots' OR taker_word = 'processes' AND giver_word = 'lots')
            AND (closing -> taker)::integer < entry
        OR giver_word = 'processes' AND action = 'produce' AND (closing -> giver)::integer < entry)
    ORDER BY entry LIMIT 1;
    IF FOUND AND hit.into_taker AND hit.taker_word = 'lots' THEN
        PERFORM ledger_refuse('LotAlreadyDrawn', jsonb_build_object('lot', hit.taker));
    ELSIF FOUND THEN
        PERFORM ledger_refuse('ProcessFinished',
            jsonb_build_object('process', CASE WHEN hit.into_taker THEN hit.taker ELSE hit.giver END));
    END IF;
    UPDATE ledger_batch SET is_closed = true
    WHERE path = ANY (ARRAY(SELECT jsonb_object_keys(closing))) AND NOT is_closed;
END $$;

-- After every entry the claims on a holder equal the money it holds: the two change by the same amount.
CREATE FUNCTION ledger_refuse_parting(
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

-- Moves the balances, or refuses where one would leave its bounds after any entry, also inside a batch.
CREATE FUNCTION ledger_move(
    entry_n integer[], giver_ids bigint[], taker_ids bigint[], unit_ids bigint[], quantities bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    WITH posting AS MATERIALIZED (
        SELECT entry, account, unit, sum(change) AS change FROM (
            SELECT * FROM unnest(entry_n, taker_ids, unit_ids, quantities) AS taken (entry, account, unit, change)
            UNION ALL
            SELECT entry, account, unit, -quantity
            FROM unnest(entry_n, giver_ids, unit_ids, quantities) AS given (entry, account, unit, quantity)
        ) each GROUP BY entry, account, unit
    ), running AS MATERIALIZED (
        SELECT p.entry, p.account, p.unit, p.change, b.floor, b.ceiling,
               b.quantity + sum(p.change) OVER (PARTITION BY p.account, p.unit ORDER BY p.entry) AS after
        FROM posting p JOIN ledger_balance b ON b.account_id = p.account AND b.unit_id = p.unit
    ), broken AS MATERIALIZED (
        SELECT * FROM running
        WHERE change < 0 AND after < floor OR change > 0 AND after > ceiling
           OR after NOT BETWEEN -9223372036854775807 AND 9223372036854775807
        ORDER BY entry LIMIT 1
    ), moved AS (
        UPDATE ledger_balance b SET quantity = b.quantity + total.change
        FROM (SELECT account, unit, sum(change) AS change FROM posting GROUP BY account, unit) total
        WHERE b.account_id = total.account AND b.unit_id = total.unit AND NOT EXISTS (SELECT FROM broken)
    )
    SELECT a.address, u.code, broken.after, broken.floor, broken.ceiling, broken.change INTO hit
    FROM broken JOIN ledger_account a ON a.id = broken.account JOIN ledger_unit u ON u.id = broken.unit;
    IF FOUND THEN
        PERFORM ledger_refuse(
            CASE WHEN hit.after NOT BETWEEN -9223372036854775807 AND 9223372036854775807 THEN 'BalanceTooLarge'
                 WHEN hit.change < 0 THEN 'BelowFloor' ELSE 'MoreThanWasGiven' END,
            jsonb_build_object('address', hit.address, 'unit', hit.code, 'after', hit.after::text,
                               'floor', hit.floor::text, 'short', (hit.floor - hit.after)::text));
    END IF;
END $$;

CREATE FUNCTION ledger_write_undoing(bodies jsonb[], tokens bigint[]) RETURNS void LANGUAGE plpgsql AS $$
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

-- For each account and unit, no more is taken back of an entry than the account received by it.
CREATE FUNCTION ledger_refuse_undoing_too_much(undone uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    SELECT a.address, u.code, taken.quantity AS taken, origin.got, taken.key INTO hit
    FROM (SELECT e.token AS origin, e.key, f.giver_id, f.unit_id, sum(f.quantity) AS quantity
          FROM ledger_entry e JOIN ledger_entry later ON later.undoes = e.token JOIN ledger_flow f ON f.token = later.token
          WHERE e.id = ANY (undone) GROUP BY e.token, e.key, f.giver_id, f.unit_id) taken
        JOIN ledger_account a ON a.id = taken.giver_id
        JOIN ledger_unit u ON u.id = taken.unit_id,
        LATERAL (SELECT sum(CASE WHEN taker_id = taken.giver_id THEN quantity ELSE -quantity END) AS got
                 FROM ledger_flow WHERE token = taken.origin AND unit_id = taken.unit_id
                    AND taken.giver_id IN (giver_id, taker_id)) origin
    WHERE origin.got > 0 AND taken.quantity > origin.got LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('UndoesTooMuch', jsonb_build_object('key', hit.key, 'address', hit.address,
            'unit', hit.code, 'taken', hit.taken::text, 'got', hit.got::text));
    END IF;
END $$;

-- Declarations: owners and where they are, accounts with other bounds than their purpose's, documents.
CREATE FUNCTION ledger_record_owner(leaf text, body jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    known record;
    token bigint;
BEGIN
    SELECT o.address, o.place INTO known FROM ledger_owner o WHERE o.address = body ->> 'owner' FOR UPDATE;
    IF FOUND AND known.place IS NOT DISTINCT FROM body ->> 'place' THEN
        RETURN NULL;
    END IF;
    INSERT INTO ledger_owner AS o (address, place) VALUES (body ->> 'owner', body ->> 'place')
        ON CONFLICT (address) DO UPDATE SET place = excluded.place;
    token := nextval('ledger_token');
    PERFORM ledger_write_leaves(ARRAY[token], ARRAY[leaf]);
    RETURN token;
END $$;

CREATE FUNCTION ledger_record_account(leaf text, body jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    account ledger_account;
    token bigint;
    given record;
    changed boolean := false;
BEGIN
    PERFORM ledger_open_accounts(ARRAY[body ->> 'address']);
    SELECT * INTO account FROM ledger_account a WHERE a.address = body ->> 'address' FOR UPDATE;
    PERFORM ledger_open_units(ARRAY(SELECT jsonb_object_keys(body -> 'floors')));
    FOR given IN SELECT u.id, (f.value #>> '{}')::bigint AS floor
                 FROM jsonb_each(body -> 'floors') f JOIN ledger_unit u ON u.code = f.key ORDER BY u.id LOOP
        PERFORM ledger_open_balances(ARRAY[account.id], ARRAY[given.id]);
        PERFORM FROM ledger_balance b WHERE b.account_id = account.id AND b.unit_id = given.id FOR UPDATE;
        UPDATE ledger_balance b SET floor = given.floor
        WHERE b.account_id = account.id AND b.unit_id = given.id AND b.floor IS DISTINCT FROM given.floor;
        changed := changed OR FOUND;
    END LOOP;
    IF account.is_closed <> (body ->> 'closed')::boolean THEN
        UPDATE ledger_account a SET is_closed = NOT a.is_closed WHERE a.id = account.id;
        changed := true;
    END IF;
    IF NOT changed THEN
        RETURN NULL;
    END IF;
    token := nextval('ledger_token');
    PERFORM ledger_write_leaves(ARRAY[token], ARRAY[leaf]);
    RETURN token;
END $$;

CREATE FUNCTION ledger_record_document(leaf text, said jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last ledger_document;
    new_token bigint;
BEGIN
    SELECT * INTO last FROM ledger_document d WHERE d.kind = said ->> 'kind' AND d.name = said ->> 'id'
        ORDER BY d.version DESC LIMIT 1;
    IF last.body = said -> 'body' THEN
        RETURN NULL;
    END IF;
    IF (said ->> 'version')::integer <> coalesce(last.version, 0) + 1 THEN
        PERFORM ledger_refuse('AnotherVersionCameFirst', jsonb_build_object('kind', said ->> 'kind', 'name', said ->> 'id'));
    END IF;
    IF said ->> 'kind' = 'unit' AND last.version IS NOT NULL THEN
        PERFORM ledger_refuse('UnitHasAnotherMeaning', jsonb_build_object('unit', said ->> 'id'));
    END IF;
    new_token := nextval('ledger_token');
    PERFORM ledger_write_leaves(ARRAY[new_token], ARRAY[leaf]);
    INSERT INTO ledger_document (token, kind, name, version, body)
        VALUES (new_token, said ->> 'kind', said ->> 'id', (said ->> 'version')::integer, said -> 'body');
    IF said ->> 'kind' = 'unit' THEN
        INSERT INTO ledger_unit (code, family, exponent, grams)
        VALUES (said ->> 'id', said -> 'body' ->> 'family', (said -> 'body' ->> 'exponent')::smallint,
                (said -> 'body' ->> 'grams')::bigint);
    END IF;
    RETURN new_token;
END $$;

-- Records leaves of one kind, in order; what is recorded already is answered and not written again. Everything is looked up
-- by a key, so plans made while the tables are still empty must not scan them.
CREATE FUNCTION ledger_record(leaves text[]) RETURNS TABLE (leaf text, token bigint, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    kind text := (leaves[1]::jsonb) ->> 'type';
    given text;
    body jsonb;
    written bigint;
BEGIN
    PERFORM set_config('ledger.recording', 'on', true);
    IF kind = 'entry' THEN
        RETURN QUERY SELECT * FROM ledger_record_entries(leaves);
    ELSE
        FOREACH given IN ARRAY leaves LOOP
            body := given::jsonb;
            written := CASE body ->> 'type' WHEN 'owner' THEN ledger_record_owner(given, body)
                                            WHEN 'account' THEN ledger_record_account(given, body)
                                            WHEN 'document' THEN ledger_record_document(given, body) END;
            RETURN QUERY SELECT NULL::text, written, written IS NOT NULL;
        END LOOP;
    END IF;
    PERFORM set_config('ledger.recording', '', true);
END $$;

-- Gives each leaf its place in the tree: one writer, gapless, in the order of the tokens. Returns the new size.
CREATE FUNCTION ledger_sequence() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before bigint;
    placed bigint;
BEGIN
    PERFORM set_config('ledger.recording', 'on', true);
    SELECT size INTO before FROM ledger_log FOR UPDATE;
    UPDATE ledger_leaf l SET index = before + next.n - 1
    FROM (SELECT token, row_number() OVER (ORDER BY token) AS n FROM ledger_leaf WHERE index IS NULL) next
    WHERE l.token = next.token;
    GET DIAGNOSTICS placed = ROW_COUNT;
    UPDATE ledger_log SET size = before + placed WHERE placed > 0;
    PERFORM set_config('ledger.recording', '', true);
    RETURN before + placed;
END $$;

-- Keeps a checkpoint: the root at the log's present size. Sizes only grow.
CREATE FUNCTION ledger_keep_checkpoint(new_size bigint, new_root bytea, new_frontier bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('ledger.recording', 'on', true);
    IF new_size <> (SELECT size FROM ledger_log FOR UPDATE) THEN
        PERFORM ledger_refuse('LogHasGrown');
    END IF;
    INSERT INTO ledger_checkpoint (size, root, frontier) VALUES (new_size, new_root, new_frontier)
        ON CONFLICT (size) DO NOTHING;
    PERFORM set_config('ledger.recording', '', true);
END $$;
