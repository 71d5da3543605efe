-- Version 2: what projects remember. Times are microseconds since 1970, UTC; JSON is text. Every row carries its
-- project and goes with it.

CREATE TABLE memories (
    number INTEGER PRIMARY KEY,
    memory_id TEXT NOT NULL UNIQUE,
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    user_id TEXT,
    agent_id TEXT,
    app_id TEXT,
    run_id TEXT,
    memory TEXT NOT NULL,
    metadata TEXT,
    categories TEXT,
    input TEXT,
    expiration_date TEXT,
    immutable INTEGER NOT NULL DEFAULT 0,
    event_date INTEGER,
    replaced_by TEXT,
    lifecycle_state TEXT NOT NULL DEFAULT 'active',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- Of the text and whom it is of; a memory without one is never taken for a duplicate.
    hash INTEGER,
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, project_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX memories_hash ON memories (project_id, hash) WHERE hash IS NOT NULL;
CREATE INDEX memories_replaced ON memories (project_id, replaced_by) WHERE replaced_by IS NOT NULL;

-- Memories of a project, and of each user, agent, app and run in it, newest first. What every read asks of a
-- memory is in there, so that counting and skipping never look at the memory itself. A project is of one
-- organization, which therefore is not.
CREATE INDEX memories_project
    ON memories (project_id, created_at DESC, memory_id, lifecycle_state, expiration_date);
CREATE INDEX memories_user
    ON memories (project_id, user_id, created_at DESC, memory_id, lifecycle_state, expiration_date)
    WHERE user_id IS NOT NULL;
CREATE INDEX memories_agent
    ON memories (project_id, agent_id, created_at DESC, memory_id, lifecycle_state, expiration_date)
    WHERE agent_id IS NOT NULL;
CREATE INDEX memories_app
    ON memories (project_id, app_id, created_at DESC, memory_id, lifecycle_state, expiration_date)
    WHERE app_id IS NOT NULL;
CREATE INDEX memories_run
    ON memories (project_id, run_id, created_at DESC, memory_id, lifecycle_state, expiration_date)
    WHERE run_id IS NOT NULL;

-- How many memories each index leaves, for a large project: without it, the database takes every project for a
-- small one, and reads all of it in the order of a list where it could look a few users up.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('memories', 'memories_project', '1000000 100000 2 1 1 1'),
    ('memories', 'memories_user', '1000000 100000 100 2 1 1 1'),
    ('memories', 'memories_agent', '1000000 100000 100 2 1 1 1'),
    ('memories', 'memories_app', '1000000 100000 1000 2 1 1 1'),
    ('memories', 'memories_run', '1000000 100000 10 2 1 1 1');
ANALYZE sqlite_schema;

-- The last twenty times a memory was returned by a search, for decay.
CREATE TABLE touches (
    number INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    touched_at INTEGER NOT NULL
) STRICT;
CREATE INDEX touches_number ON touches (number, touched_at);

CREATE TABLE memory_history (
    number INTEGER PRIMARY KEY,
    history_id TEXT NOT NULL UNIQUE,
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    memory_id TEXT NOT NULL,
    event TEXT NOT NULL CHECK (event IN ('ADD', 'UPDATE', 'DELETE')),
    input TEXT,
    old_memory TEXT,
    new_memory TEXT,
    user_id TEXT,
    agent_id TEXT,
    app_id TEXT,
    run_id TEXT,
    categories TEXT,
    metadata TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, project_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX memory_history_memory ON memory_history (project_id, memory_id, number);
CREATE INDEX memory_history_project ON memory_history (org_id, project_id, number);

CREATE TABLE entities (
    number INTEGER PRIMARY KEY,
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    entity_type TEXT NOT NULL CHECK (entity_type IN ('user', 'agent', 'app', 'run')),
    entity_id TEXT NOT NULL,
    name TEXT,
    metadata TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (org_id, project_id, entity_type, entity_id),
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, project_id) ON DELETE CASCADE
) STRICT;

-- Jobs and requests, as the platform's events tell them.
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED')),
    payload TEXT NOT NULL,
    metadata TEXT,
    results TEXT NOT NULL DEFAULT '[]',
    error TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, project_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX events_project ON events (org_id, project_id, number);
CREATE INDEX events_waiting ON events (status, number) WHERE status IN ('PENDING', 'RUNNING');

CREATE TABLE exports (
    number INTEGER PRIMARY KEY,
    export_id TEXT NOT NULL UNIQUE,
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    form TEXT NOT NULL,
    filters TEXT NOT NULL,
    instructions TEXT,
    data TEXT,
    created_at INTEGER NOT NULL,
    ready_at INTEGER NOT NULL,
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, project_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX exports_project ON exports (org_id, project_id, number);

CREATE TABLE feedback (
    memory_id TEXT NOT NULL PRIMARY KEY REFERENCES memories (memory_id) ON DELETE CASCADE,
    feedback_id TEXT NOT NULL,
    feedback TEXT NOT NULL,
    reason TEXT,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE webhooks (
    number INTEGER PRIMARY KEY,
    webhook_id TEXT NOT NULL UNIQUE,
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    event_types TEXT NOT NULL,
    owner TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, project_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX webhooks_project ON webhooks (org_id, project_id, number);

CREATE TABLE profile_settings (
    project_id TEXT NOT NULL PRIMARY KEY REFERENCES projects ON DELETE CASCADE,
    settings TEXT NOT NULL
) STRICT;

CREATE TABLE profile_jobs (
    number INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL UNIQUE,
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    idempotency_key TEXT,
    job TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, project_id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX profile_jobs_key ON profile_jobs (org_id, project_id, idempotency_key);

CREATE TABLE profiles (
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    profile TEXT NOT NULL,
    status TEXT NOT NULL,
    error TEXT,
    generation_count INTEGER NOT NULL,
    updated_at INTEGER,
    PRIMARY KEY (org_id, project_id, entity_id),
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, project_id) ON DELETE CASCADE
) STRICT;

-- What the search finds memories by. All of this follows from the table `memories`: triggers keep it up, a dump
-- leaves it out, and `store/index.rs` makes it anew. The words of the index begin with the number of their project,
-- so that no search meets another project's.
CREATE VIRTUAL TABLE search_index USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_'"
);

-- How many memories a project has, and how many words they have together.
CREATE TABLE search_projects (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL UNIQUE,
    memories INTEGER NOT NULL DEFAULT 0,
    words INTEGER NOT NULL DEFAULT 0
) STRICT;

-- In how many memories of its project a word is.
CREATE TABLE search_words (
    project INTEGER NOT NULL,
    word TEXT NOT NULL,
    memories INTEGER NOT NULL,
    PRIMARY KEY (project, word)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER memories_inserted AFTER INSERT ON memories BEGIN
    INSERT INTO search_projects (org_id, project_id) VALUES (new.org_id, new.project_id)
        ON CONFLICT (project_id) DO NOTHING;
    UPDATE search_projects SET memories = memories + 1, words = words + count_words(new.memory)
        WHERE project_id = new.project_id;
    INSERT INTO search_words (project, word, memories)
        SELECT search_projects.number, value, 1
        FROM search_projects, json_each(index_words(new.memory, new.user_id, new.agent_id, new.app_id, new.run_id))
        WHERE project_id = new.project_id
        ON CONFLICT (project, word) DO UPDATE SET memories = memories + 1;
    INSERT INTO search_index (rowid, words)
        SELECT new.number, index_text(number, new.memory, new.user_id, new.agent_id, new.app_id, new.run_id)
        FROM search_projects WHERE project_id = new.project_id;
END;

CREATE TRIGGER memories_deleted AFTER DELETE ON memories BEGIN
    DELETE FROM search_index WHERE rowid = old.number;
END;

-- Where the whole project goes, its numbers have gone before.
CREATE TRIGGER memories_uncounted AFTER DELETE ON memories
WHEN EXISTS (SELECT 1 FROM search_projects WHERE project_id = old.project_id) BEGIN
    UPDATE search_projects SET memories = memories - 1, words = words - count_words(old.memory)
        WHERE project_id = old.project_id;
    UPDATE search_words SET memories = memories - 1
        WHERE project = (SELECT number FROM search_projects WHERE project_id = old.project_id)
        AND word IN (SELECT value
            FROM json_each(index_words(old.memory, old.user_id, old.agent_id, old.app_id, old.run_id)));
    DELETE FROM search_words
        WHERE project = (SELECT number FROM search_projects WHERE project_id = old.project_id)
        AND word IN (SELECT value
            FROM json_each(index_words(old.memory, old.user_id, old.agent_id, old.app_id, old.run_id)))
        AND memories <= 0;
END;

CREATE TRIGGER projects_deleted BEFORE DELETE ON projects BEGIN
    DELETE FROM search_words
        WHERE project = (SELECT number FROM search_projects WHERE project_id = old.project_id);
    DELETE FROM search_projects WHERE project_id = old.project_id;
END;

CREATE TRIGGER memories_rewritten AFTER UPDATE OF memory ON memories WHEN old.memory <> new.memory BEGIN
    UPDATE search_projects
        SET words = words - count_words(old.memory) + count_words(new.memory) WHERE project_id = new.project_id;
    UPDATE search_words SET memories = memories - 1
        WHERE project = (SELECT number FROM search_projects WHERE project_id = old.project_id)
        AND word IN (SELECT value
            FROM json_each(index_words(old.memory, old.user_id, old.agent_id, old.app_id, old.run_id)));
    DELETE FROM search_words
        WHERE project = (SELECT number FROM search_projects WHERE project_id = old.project_id)
        AND word IN (SELECT value
            FROM json_each(index_words(old.memory, old.user_id, old.agent_id, old.app_id, old.run_id)))
        AND memories <= 0;
    INSERT INTO search_words (project, word, memories)
        SELECT search_projects.number, value, 1
        FROM search_projects, json_each(index_words(new.memory, new.user_id, new.agent_id, new.app_id, new.run_id))
        WHERE project_id = new.project_id
        ON CONFLICT (project, word) DO UPDATE SET memories = memories + 1;
    DELETE FROM search_index WHERE rowid = old.number;
    INSERT INTO search_index (rowid, words)
        SELECT new.number, index_text(number, new.memory, new.user_id, new.agent_id, new.app_id, new.run_id)
        FROM search_projects WHERE project_id = new.project_id;
END;
