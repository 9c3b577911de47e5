-- Declarations: owners and where they are, accounts with other bounds than their purpose's, documents.
CREATE OR REPLACE FUNCTION ledger_record_declarations(leaves text[])
RETURNS TABLE (leaf text, token bigint, is_new boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    given text;
    body jsonb;
    written bigint;
BEGIN
    FOREACH given IN ARRAY leaves LOOP
        body := given::jsonb;
        written := CASE body ->> 'type' WHEN 'owner' THEN ledger_record_owner(given, body)
                                        WHEN 'account' THEN ledger_record_account(given, body)
                                        WHEN 'document' THEN ledger_record_document(given, body) END;
        RETURN QUERY SELECT NULL::text, written, written IS NOT NULL;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION ledger_record_owner(leaf text, body jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    known record;
    token bigint;
BEGIN
    SELECT o.address, o.place INTO known FROM ledger_owner o WHERE o.address = body ->> 'owner' FOR NO KEY UPDATE;
    IF FOUND AND known.place IS NOT DISTINCT FROM body ->> 'place' THEN
        RETURN NULL;
    END IF;
    INSERT INTO ledger_owner AS o (address, place) VALUES (body ->> 'owner', body ->> 'place')
        ON CONFLICT (address) DO UPDATE SET place = excluded.place;
    token := nextval('ledger_token');
    PERFORM ledger_write_leaves(ARRAY[token], ARRAY[leaf]);
    RETURN token;
END $$;

CREATE OR REPLACE FUNCTION ledger_record_account(leaf text, body jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    account ledger_account;
    token bigint;
    given record;
    changed boolean := false;
BEGIN
    IF (body ->> 'closed')::boolean
        <> coalesce((SELECT is_closed FROM ledger_account a WHERE a.address = body ->> 'address'), false) THEN
        LOCK TABLE ledger_closing IN EXCLUSIVE MODE;  -- no entry that still saw it open may come later in the log
    END IF;
    PERFORM ledger_open_accounts(ARRAY[body ->> 'address']);
    -- no key of it changes: entries that only refer to it need not wait
    SELECT * INTO account FROM ledger_account a WHERE a.address = body ->> 'address' FOR NO KEY UPDATE;
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

CREATE OR REPLACE FUNCTION ledger_record_document(leaf text, said jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
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
    IF said ->> 'kind' = 'closed-period' THEN
        PERFORM ledger_close_period(said);
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

-- From here on nothing is recorded as having happened before the date: whoever is recording now ends first.
CREATE OR REPLACE FUNCTION ledger_close_period(said jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    scope_owner text := coalesce(said -> 'body' ->> 'owner', '');
    scope_unit text := coalesce(said -> 'body' ->> 'unit', '');
    until timestamptz := (said -> 'body' ->> 'before')::timestamptz;
    closed timestamptz;
BEGIN
    LOCK TABLE ledger_closing IN EXCLUSIVE MODE;
    IF said ->> 'id' <> concat_ws(' ', nullif(scope_owner, ''), nullif(scope_unit, '')) OR said ->> 'id' = '' THEN
        PERFORM ledger_refuse('MalformedClosing');
    ELSIF until > (said ->> 'at')::timestamptz THEN
        PERFORM ledger_refuse('PeriodNotOver');
    ELSIF scope_owner <> '' AND NOT EXISTS (SELECT FROM ledger_owner o WHERE o.address = scope_owner) THEN
        PERFORM ledger_refuse('UnknownOwner', jsonb_build_object('owner', scope_owner));
    ELSIF scope_unit <> '' AND NOT EXISTS (SELECT FROM ledger_unit u WHERE u.code = scope_unit AND u.family <> 'claim') THEN
        PERFORM ledger_refuse('UnknownUnit', jsonb_build_object('unit', scope_unit));
    END IF;
    SELECT before INTO closed FROM ledger_closing c WHERE c.scope = said ->> 'id';
    IF closed > until THEN
        PERFORM ledger_refuse('PeriodStaysClosed', jsonb_build_object('scope', said ->> 'id'));
    END IF;
    INSERT INTO ledger_closing (scope, owner, unit, before) VALUES (said ->> 'id', scope_owner, scope_unit, until)
        ON CONFLICT (scope) DO UPDATE SET before = excluded.before;
END $$;
