-- Holds and closings are written by the journal's functions alone, as the journal is. These two take another shape.
DROP FUNCTION ledger_record(text[]);
DROP FUNCTION ledger_record_entries(text[]);

CREATE TRIGGER recorded_by_function BEFORE INSERT OR UPDATE ON ledger_hold EXECUTE FUNCTION ledger_refuse_by_hand();
CREATE TRIGGER nothing_is_taken_away BEFORE DELETE OR TRUNCATE ON ledger_hold EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER recorded_by_function BEFORE INSERT OR UPDATE ON ledger_closing EXECUTE FUNCTION ledger_refuse_by_hand();
CREATE TRIGGER nothing_is_taken_away BEFORE DELETE OR TRUNCATE ON ledger_closing EXECUTE FUNCTION ledger_refuse_change();

-- A hold changes once: when it resolves.
CREATE FUNCTION ledger_refuse_hold_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.resolved_at IS NOT NULL OR NEW.resolved_at IS NULL OR (NEW.key, NEW.account_id, NEW.unit_id, NEW.quantity)
        <> (OLD.key, OLD.account_id, OLD.unit_id, OLD.quantity) THEN
        RAISE EXCEPTION 'a hold resolves once: UPDATE of ledger_hold refused';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_only_resolves BEFORE UPDATE ON ledger_hold FOR EACH ROW EXECUTE FUNCTION ledger_refuse_hold_change();
