//! How much there is, and how much was asked.

resource! {
    /// Counts of the key's user (contract 5).
    pub struct Stats {
        /// How many memories there are.
        pub total_memories: i64,
        /// How many times memories were retrieved.
        pub total_retrieval_events: i64,
        /// How many times memories were added.
        pub total_add_events: i64,
        /// How many of the retrievals came over the interface.
        pub total_api_retrieval_events: i64,
        /// How many retrievals the plan allows.
        pub total_retrieval_events_limit: i64,
        /// How many users have memories.
        pub total_users_with_memories: i64,
        /// How many agents have memories.
        pub total_agents_with_memories: i64,
        /// How many runs have memories.
        pub total_runs_with_memories: i64,
        /// How many memories a user has on average. An integer in the platform's description.
        pub memories_per_user: f64,
        /// How many memories an agent has on average.
        pub memories_per_agent: f64,
        /// How many memories a run has on average.
        pub memories_per_run: f64,
    }
}
