-- grain: one row per piece of a question that was asked before and complaint that holds it letter for letter
CREATE TEMP TABLE search_pieces (piece VARCHAR, doc UINTEGER, times BIGINT)
