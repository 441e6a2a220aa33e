-- When the field rows were last settled: put into places that say nothing of when, and with what, they came.
CREATE TABLE settled (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), -- there is one row at most
    at  INTEGER NOT NULL
) STRICT;
