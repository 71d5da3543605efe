//! Processes that descend from another one.

/// A process, as the system lists it.
struct Process {
    id: i32,
    parent: i32,
    /// Session, where it is known.
    session: Option<i32>,
}

/// Makes this process the parent of those that lose their own below it, so that they can still be found. Linux alone
/// has that.
#[cfg(target_os = "linux")]
pub(super) fn adopt_orphans() {
    // The value says yes; which process it names has no meaning. Without it, orphans are not ended.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

#[cfg(not(target_os = "linux"))]
pub(super) fn adopt_orphans() {}

/// A child of this process, all that descend from it, and orphans that this process has adopted. A daemon, which is an
/// orphan with a session of its own, is not among them: others may use it, such as a `gpg-agent`.
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
        // The program's name, in brackets, may hold anything. State, parent, group and session follow.
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
