-- Version 3: memories that are added are put into the index by `store/additions.rs`, many at once. A trigger took
-- the words of each apart three times.

DROP TRIGGER memories_inserted;
