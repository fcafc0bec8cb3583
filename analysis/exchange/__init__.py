"""Workbooks and reports for people outside the program: tables and settings in, files out."""
