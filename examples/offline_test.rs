//! Test suite for an application that uses memories: each test starts an offline platform of its own.
//!
//! ```sh
//! cargo test --example offline_test    # also part of `cargo test`
//! ```

use mem0::{Filter, MemoryClient};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{}", greeting(&MemoryClient::from_env()?, "alice")?);
    Ok(())
}

/// The application: greets a user with a fact about them.
fn greeting(client: &MemoryClient, user: &str) -> mem0::Result<String> {
    let found = client.search(("favourite drink", Filter::user(user)))?;
    let fact = found.iter().find_map(|memory| memory.memory.as_deref());
    Ok(fact.map_or_else(|| "Hello!".to_owned(), |fact| format!("Hello! {fact}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mem0::client::PollPolicy;
    use mem0::entities::EntityRef;
    use mem0_local::{Fault, LocalPlatform, Operation};

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_new_user_is_greeted() -> TestResult {
        let platform = LocalPlatform::start()?;
        assert_eq!(greeting(&platform.client()?, "alice")?, "Hello!");
        Ok(())
    }

    #[test]
    fn a_known_user_is_greeted_with_a_fact() -> TestResult {
        let platform = LocalPlatform::start()?;
        let client = platform.client()?;
        let fact = ("Tea is your favourite drink.", EntityRef::user("alice"));
        client.add_and_wait(fact, PollPolicy::default())?;
        assert_eq!(greeting(&client, "alice")?, "Hello! Tea is your favourite drink.");
        assert_eq!(greeting(&client, "bob")?, "Hello!");
        Ok(())
    }

    #[test]
    fn a_failing_platform_is_an_error() -> TestResult {
        let platform = LocalPlatform::start()?;
        for _ in 0..3 {
            platform.fail_next(Operation::SearchMemories, Fault::status(503).header("retry-after", "0"));
        }
        let error = greeting(&platform.client()?, "alice").unwrap_err();
        assert_eq!(error.attempts(), 3);
        Ok(())
    }
}
