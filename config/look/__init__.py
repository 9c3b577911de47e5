"""What the pages' look computes: bars, drawings, icons, numbers and dates in a reader's language."""
