"""One SQL, two machines: named steps that run on DuckDB or Spark, and small expressions.

Promises: the same tables from both machines. Never: a Python loop over rows, a value put into SQL by
formatting. Start with `step.Plan`, `duck.DuckTables`, `expression.parse`.
"""
