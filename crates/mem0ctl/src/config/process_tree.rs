//! Descendants of a process.

/// Process in the system's list.
struct Process {
    id: i32,
    parent: i32,
    /// Session, if known.
    session: Option<i32>,
}

/// Makes this process the new parent of orphaned descendants, so that they can be found. Linux only.
#[cfg(target_os = "linux")]
pub(super) fn adopt_orphans() {
    // Any process ID turns the setting on. On an error, orphans are not ended.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

#[cfg(not(target_os = "linux"))]
pub(super) fn adopt_orphans() {}

/// Returns a child of this process, its descendants, and adopted orphans. A daemon, an orphan with its own session, is
/// not included: other programs may use it, such as a `gpg-agent`.
pub(super) fn tree(child: u32) -> Vec<i32> {
    let (Ok(child), Ok(own)) = (i32::try_from(child), i32::try_from(std::process::id())) else {
        return Vec::new();
    };
    let processes = processes();
    let session = processes.iter().find(|process| process.id == own).and_then(|process| process.session);
    let is_adopted =
        |process: &&Process| process.parent == own && process.session.is_some() && process.session == session;
    let mut found = vec![child];
    found.extend(processes.iter().filter(is_adopted).map(|process| process.id).filter(|id| *id != child));
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children: Vec<i32> = processes
            .iter()
            .filter(|process| process.parent == parent && !found.contains(&process.id))
            .map(|process| process.id)
            .collect();
        found.extend(children);
        next += 1;
    }
    found
}

#[cfg(target_os = "linux")]
fn processes() -> Vec<Process> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let process = |id: i32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The program name in parentheses may contain anything. State, parent, group and session follow.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
        let parent = fields.next()?.parse().ok()?;
        Some(Process { id, parent, session: fields.nth(1)?.parse().ok() })
    };
    let ids = processes.flatten().filter_map(|process| process.file_name().to_str()?.parse::<i32>().ok());
    ids.filter_map(process).collect()
}

#[cfg(not(target_os = "linux"))]
fn processes() -> Vec<Process> {
    let Ok(listed) = std::process::Command::new("ps").args(["-A", "-o", "pid=", "-o", "ppid="]).output()
    else {
        return Vec::new();
    };
    let process = |line: &str| {
        let mut words = line.split_whitespace();
        let (id, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Process { id, parent, session: None })
    };
    String::from_utf8_lossy(&listed.stdout).lines().filter_map(process).collect()
}
