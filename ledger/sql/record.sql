-- The one door through which anything enters the journal; the web role may call it and can write nothing by itself.
-- It records leaves of one kind, in order; what is recorded already is answered and not written again. Everything is
-- looked up by a key, few rows beside a table of many: a plan that walks or hashes a whole table, or that is made anew
-- at each call, costs more than the recording itself.
CREATE OR REPLACE FUNCTION ledger_record(leaves text[], holds text[] DEFAULT NULL, capturing text[] DEFAULT NULL)
RETURNS TABLE (leaf text, token bigint, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
    SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    kind text := (leaves[1]::jsonb) ->> 'type';
    given text;
    body jsonb;
    written bigint;
BEGIN
    PERFORM set_config('ledger.recording', 'on', true);
    IF kind = 'entry' THEN
        RETURN QUERY SELECT * FROM ledger_record_entries(leaves, holds, capturing);
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
