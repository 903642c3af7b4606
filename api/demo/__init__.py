"""演示区: a district of 108 made-up projects over two years, from a seed, as command files of a backfill (DESIGN §3.14).

`play` is a clock with what is due on it; each act is decided as soon as it is asked for, so that later acts know the numbers
of the entries they are about, and becomes a line of the command file. `words` and `cast` say who and what there is, `lives`
what becomes of each project, the others what is recorded of it. Nothing here writes the ledger: `filling` stages the lines
and opens it, as `lifecycle import --backfill` and `lifecycle open` would.
"""
