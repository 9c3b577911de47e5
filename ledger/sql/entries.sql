-- What recording an entry needs beside ledger_record itself: leaves, keys that are known, entries that undo.

CREATE OR REPLACE FUNCTION ledger_write_leaves(tokens bigint[], leaves text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_leaf (token, text, hash)
    SELECT token, leaf, sha256('\x00'::bytea || convert_to(leaf, 'UTF8')) FROM unnest(tokens, leaves) AS given (token, leaf);
$$;

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
