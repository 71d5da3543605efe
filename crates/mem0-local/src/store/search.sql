-- Version 4: the search index. All of it follows from the table `memories`: `store/index.rs` writes memories that are
-- added and rebuilds the index, triggers keep it up to date otherwise, and a dump leaves it out. A token of the index
-- begins with the number of its project, so that no search sees another project.

DROP TRIGGER IF EXISTS memories_inserted;
DROP TRIGGER IF EXISTS memories_deleted;
DROP TRIGGER IF EXISTS memories_uncounted;
DROP TRIGGER IF EXISTS memories_rewritten;
DROP TRIGGER IF EXISTS projects_deleted;
DROP TABLE IF EXISTS search_words;

CREATE VIRTUAL TABLE IF NOT EXISTS search_index USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_'"
);

-- How many memories have a token.
CREATE VIRTUAL TABLE search_tokens USING fts5vocab (search_index, row);

-- How many memories a project has, and how many words they have together.
CREATE TABLE IF NOT EXISTS search_projects (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL UNIQUE,
    memories INTEGER NOT NULL DEFAULT 0,
    words INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TRIGGER memories_deleted AFTER DELETE ON memories BEGIN
    DELETE FROM search_index WHERE rowid = old.number;
    UPDATE search_projects SET memories = memories - 1, words = words - count_words(old.memory)
        WHERE project_id = old.project_id;
END;

CREATE TRIGGER memories_rewritten AFTER UPDATE OF memory ON memories WHEN old.memory <> new.memory BEGIN
    UPDATE search_projects SET words = words - count_words(old.memory) + count_words(new.memory)
        WHERE project_id = new.project_id;
    DELETE FROM search_index WHERE rowid = old.number;
    INSERT INTO search_index (rowid, words)
        SELECT new.number, index_tokens(number, new.memory, new.user_id, new.agent_id, new.app_id, new.run_id)
        FROM search_projects WHERE project_id = new.project_id;
END;

-- Before the memories of the project are deleted, which then are not counted one by one.
CREATE TRIGGER projects_deleted BEFORE DELETE ON projects BEGIN
    DELETE FROM search_projects WHERE project_id = old.project_id;
END;
