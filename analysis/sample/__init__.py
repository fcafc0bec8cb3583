"""The shipped sample: invented complaints in the dirt of real exports, made by a seeded generator."""
