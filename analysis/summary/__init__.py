"""The numbers behind figures, workbooks and reports: pure functions from contract tables to small tidy frames."""
