"""Library of the complaint hotline: from raw exports to a rectification ledger."""
