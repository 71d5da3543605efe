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
