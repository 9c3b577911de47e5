"""Switches for what goes wrong: set for the next so many requests or webhooks whose path or type holds a word."""

from config.stripe_sandbox.sandbox import Sandbox

OF_REQUESTS = ("500 after effect", "500 before effect", "timeout after effect", "hang up after effect", "429", "409")
OF_WEBHOOKS = ("duplicate", "delay", "drop", "reorder")
KINDS = (*OF_REQUESTS, *OF_WEBHOOKS)


def set_fault(box: Sandbox, kind: str, word: str, times: int) -> None:
    with box.store.changing():
        box.store.link.execute("DELETE FROM fault WHERE kind = ? AND word = ?", (kind, word))
        if times > 0 and kind in KINDS:
            box.store.link.execute("INSERT INTO fault (kind, word, left) VALUES (?, ?, ?)", (kind, word, times))


def clear_faults(box: Sandbox) -> None:
    with box.store.changing():
        box.store.link.execute("DELETE FROM fault")


def faults(box: Sandbox) -> list[tuple[str, str, int]]:
    return [(str(k), str(w), int(n)) for k, w, n in box.store.rows("SELECT kind, word, left FROM fault ORDER BY seq")]


def take_fault(box: Sandbox, kind: str, *words: str) -> bool:
    """Whether this one goes wrong in that way; each time counts."""
    with box.store.lock:
        for seq, word, _left in box.store.rows("SELECT seq, word, left FROM fault WHERE kind = ? AND left > 0", kind):
            if any(word in said for said in words):
                with box.store.changing():
                    box.store.link.execute("UPDATE fault SET left = left - 1 WHERE seq = ?", (seq,))
                    box.store.link.execute("DELETE FROM fault WHERE left <= 0")
                return True
    return False
