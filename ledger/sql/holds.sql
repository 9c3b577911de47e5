-- Holds: what is promised and still there. They stand beside the journal, never in it; a balance less its holds stays
-- at its floor or above. A hold resolves once: it is captured by the entry that uses it, or released.

-- Places holds, all or none; a key that is known with the same hold changes nothing.
CREATE OR REPLACE FUNCTION ledger_hold(
    keys text[], addresses text[], units text[], quantities bigint[], ends timestamptz[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    accounts bigint[]; codes bigint[];
    wanted record;
    balance ledger_balance;
    hit record;
BEGIN
    PERFORM set_config('ledger.recording', 'on', true);
    PERFORM ledger_open_accounts(ARRAY(SELECT DISTINCT a FROM unnest(addresses) a));
    PERFORM ledger_open_units(ARRAY(SELECT DISTINCT u FROM unnest(units) u));
    SELECT array_agg(a.id ORDER BY n), array_agg(u.id ORDER BY n) INTO accounts, codes
    FROM unnest(addresses, units) WITH ORDINALITY AS w (address, unit, n)
        JOIN ledger_account a ON a.address = w.address JOIN ledger_unit u ON u.code = w.unit;
    LOCK TABLE ledger_closing IN ROW SHARE MODE;
    PERFORM ledger_lock_balances(accounts, codes);
    SELECT a.address INTO hit FROM ledger_account a WHERE a.id = ANY (accounts) AND a.is_closed LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('AccountClosed', jsonb_build_object('address', hit.address));
    END IF;
    FOR wanted IN SELECT * FROM unnest(keys, addresses, units, quantities, ends, accounts, codes)
                      AS w (key, address, unit, quantity, until, account_id, unit_id) LOOP
        SELECT h.account_id <> wanted.account_id AS account, h.unit_id <> wanted.unit_id AS unit,
               h.quantity <> wanted.quantity AS quantity INTO hit FROM ledger_hold h WHERE h.key = wanted.key;
        IF FOUND THEN
            IF hit.account OR hit.unit OR hit.quantity THEN
                PERFORM ledger_refuse('KeyHasAnotherBody', jsonb_build_object('key', wanted.key, 'field',
                    CASE WHEN hit.account THEN 'address' WHEN hit.unit THEN 'unit' ELSE 'quantity' END));
            END IF;
            CONTINUE;
        END IF;
        SELECT * INTO balance FROM ledger_balance b
            WHERE b.account_id = wanted.account_id AND b.unit_id = wanted.unit_id;
        IF balance.quantity::numeric - balance.held - wanted.quantity < balance.floor
           OR balance.held::numeric + wanted.quantity > 9223372036854775807 THEN
            PERFORM ledger_refuse('BelowFloor', jsonb_build_object('address', wanted.address, 'unit', wanted.unit,
                'after', balance.quantity::text, 'floor', balance.floor::text, 'held', balance.held::text,
                'short', (coalesce(balance.floor, 0)::numeric + balance.held + wanted.quantity - balance.quantity)::text));
        END IF;
        INSERT INTO ledger_hold (key, account_id, unit_id, quantity, placed_at, ends_at)
            VALUES (wanted.key, wanted.account_id, wanted.unit_id, wanted.quantity, now(), wanted.until);
        UPDATE ledger_balance b SET held = b.held + wanted.quantity
            WHERE b.account_id = wanted.account_id AND b.unit_id = wanted.unit_id;
    END LOOP;
    PERFORM set_config('ledger.recording', '', true);
END $$;

-- Releases holds; one that was released already stays so, one that was captured is refused.
CREATE OR REPLACE FUNCTION ledger_release(keys text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    missing text;
BEGIN
    PERFORM set_config('ledger.recording', 'on', true);
    SELECT k INTO missing FROM unnest(keys) k WHERE NOT EXISTS (SELECT FROM ledger_hold h WHERE h.key = k) LIMIT 1;
    IF missing IS NOT NULL THEN
        PERFORM ledger_refuse('NoSuchHold', jsonb_build_object('hold', missing));
    END IF;
    PERFORM ledger_lock_balances(array_agg(h.account_id), array_agg(h.unit_id)) FROM ledger_hold h WHERE h.key = ANY (keys);
    PERFORM FROM ledger_hold h WHERE h.key = ANY (keys) ORDER BY h.key FOR UPDATE;
    SELECT h.key INTO missing FROM ledger_hold h WHERE h.key = ANY (keys) AND h.captured_by IS NOT NULL LIMIT 1;
    IF missing IS NOT NULL THEN
        PERFORM ledger_refuse('HoldResolved', jsonb_build_object('hold', missing));
    END IF;
    keys := ARRAY(SELECT h.key FROM ledger_hold h WHERE h.key = ANY (keys) AND h.resolved_at IS NULL);
    PERFORM ledger_let_go(keys);
    UPDATE ledger_hold h SET resolved_at = now() WHERE h.key = ANY (keys);
    PERFORM set_config('ledger.recording', '', true);
END $$;

CREATE OR REPLACE FUNCTION ledger_let_go(keys text[]) RETURNS void LANGUAGE sql AS $$
    UPDATE ledger_balance b SET held = b.held - h.quantity
    FROM (SELECT account_id, unit_id, sum(quantity) AS quantity FROM ledger_hold WHERE key = ANY (keys)
          GROUP BY account_id, unit_id) h
    WHERE b.account_id = h.account_id AND b.unit_id = h.unit_id;
$$;

-- Captures holds by the new entries that use them, whose balances are locked: what was held may now leave.
CREATE OR REPLACE FUNCTION ledger_capture(
    holds text[], capturing text[], keys text[], tokens bigint[], entry_n integer[], giver_ids bigint[], unit_ids bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    PERFORM FROM ledger_hold h WHERE h.key = ANY (holds) ORDER BY h.key FOR UPDATE;
    SELECT w.hold, h.key IS NULL AS is_missing, h.resolved_at IS NOT NULL AS is_resolved INTO hit
    FROM unnest(holds, capturing) AS w (hold, entry)
        JOIN unnest(keys) WITH ORDINALITY AS e (key, n) ON e.key = w.entry
        LEFT JOIN ledger_hold h ON h.key = w.hold
    WHERE h.key IS NULL OR h.resolved_at IS NOT NULL OR NOT EXISTS (
        SELECT FROM unnest(entry_n, giver_ids, unit_ids) AS f (entry, giver, unit)
        WHERE f.entry = e.n AND f.giver = h.account_id AND f.unit = h.unit_id)
    LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse(CASE WHEN hit.is_missing THEN 'NoSuchHold' WHEN hit.is_resolved THEN 'HoldResolved'
                                   ELSE 'HoldOfSomethingElse' END, jsonb_build_object('hold', hit.hold));
    END IF;
    PERFORM ledger_let_go(ARRAY(SELECT w.hold FROM unnest(holds, capturing) AS w (hold, entry) WHERE w.entry = ANY (keys)));
    UPDATE ledger_hold h SET resolved_at = now(), captured_by = e.token
    FROM unnest(holds, capturing) AS w (hold, entry) JOIN unnest(keys, tokens) AS e (key, token) ON e.key = w.entry
    WHERE h.key = w.hold;
END $$;

-- Whatever the answer, each hold was captured by the entry that named it, and by no other.
CREATE OR REPLACE FUNCTION ledger_refuse_resolved_holds(holds text[], capturing text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    SELECT w.hold INTO hit
    FROM unnest(holds, capturing) AS w (hold, entry)
        JOIN ledger_entry e ON e.key = w.entry
        LEFT JOIN ledger_hold h ON h.key = w.hold
    WHERE h.captured_by IS DISTINCT FROM e.token LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('HoldResolved', jsonb_build_object('hold', hit.hold));
    END IF;
END $$;
