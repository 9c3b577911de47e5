-- Accounts are opened and units of claims are made by their first use.
CREATE OR REPLACE FUNCTION ledger_open_accounts(addresses text[]) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION ledger_open_units(codes text[]) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION ledger_open_balances(accounts bigint[], units bigint[]) RETURNS void LANGUAGE sql AS $$
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
