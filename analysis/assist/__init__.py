"""The optional assistant: a language model of the site's own, asked for its opinion; it never decides anything."""
