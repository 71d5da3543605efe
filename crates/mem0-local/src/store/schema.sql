-- Version 1. Times are microseconds since 1970, UTC. Every row of a tenant carries its organization and,
-- inside a project, its project; what belongs to a deleted one goes with it.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value ANY
) STRICT;

-- The state that a reset goes back to, as a dump.
CREATE TABLE initial_state (
    dump TEXT NOT NULL
) STRICT;

CREATE TABLE users (
    user_id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE organizations (
    org_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE organization_members (
    org_id TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('OWNER', 'READER')),
    invited INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (org_id, user_id)
) STRICT;
CREATE INDEX organization_members_user ON organization_members (user_id);

CREATE TABLE projects (
    project_id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE,
    name TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (org_id, project_id)
) STRICT;

CREATE TABLE project_members (
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('OWNER', 'READER')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (org_id, project_id, user_id),
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, project_id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, user_id) REFERENCES organization_members (org_id, user_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX project_members_member ON project_members (org_id, user_id);

CREATE TABLE keys (
    key TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, project_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX keys_project ON keys (org_id, project_id);
CREATE INDEX keys_user ON keys (user_id);
