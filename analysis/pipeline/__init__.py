"""The night's work, composed once: the only package that knows all stages."""
