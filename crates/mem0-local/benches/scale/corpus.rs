//! Generated memories and queries with a realistic word distribution: a few words are frequent, most are rare.

use mem0_local::NewMemory;

/// Number of users of the project.
pub(crate) const USERS: usize = 100;

/// Number of different words.
const VOCABULARY: usize = 50_000;

const SYLLABLES: &[&str] = &[
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve",
    "wi", "xo", "zu", "bra", "cle", "dri", "flo", "gru", "plo", "sta", "tre", "spi", "sno",
];

/// Word of a rank. The first are the most frequent.
fn word(rank: usize) -> String {
    let mut word = String::new();
    let mut rest = rank + SYLLABLES.len();
    while rest > 0 {
        word.push_str(SYLLABLES[rest % SYLLABLES.len()]);
        rest /= SYLLABLES.len();
    }
    word
}

/// Random rank by Zipf's law: the frequency of the n-th word is proportional to 1 / n.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn rank(random: &mut fastrand::Rng) -> usize {
    ((VOCABULARY as f64).powf(random.f64()) as usize).saturating_sub(1).min(VOCABULARY - 1)
}

pub(crate) fn text(random: &mut fastrand::Rng) -> String {
    let words: Vec<String> = (0..random.usize(6..=18)).map(|_| word(rank(random))).collect();
    words.join(" ")
}

pub(crate) fn user(number: usize) -> String {
    format!("user-{}", number % USERS)
}

/// Memories, one minute apart.
pub(crate) fn memories(count: usize) -> impl Iterator<Item = NewMemory> {
    let mut random = fastrand::Rng::with_seed(7);
    let begin = 1_600_000_000;
    (0..count).map(move |number| {
        let at = jiff::Timestamp::from_second(begin + 60 * i64::try_from(number).unwrap_or_default());
        NewMemory::new(text(&mut random)).user(user(number)).created_at(at.unwrap_or_default())
    })
}

/// Query of one to four words, half frequent and half rare.
pub(crate) fn random_query(random: &mut fastrand::Rng) -> String {
    let words: Vec<String> = (0..random.usize(1..=4))
        .map(|_| match random.usize(..3) {
            0 => word(random.usize(..30)),
            1 => word(rank(random)),
            _ => word(random.usize(30..VOCABULARY / 5)),
        })
        .collect();
    words.join(" ")
}
