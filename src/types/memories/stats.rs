//! Statistics of a user of the platform.

resource! {
    /// Statistics of the API key's user.
    pub struct Stats {
        /// Number of memories.
        pub total_memories: i64,
        /// Number of retrievals.
        pub total_retrieval_events: i64,
        /// Number of adds.
        pub total_add_events: i64,
        /// Number of retrievals through the API.
        pub total_api_retrieval_events: i64,
        /// Number of retrievals that the pricing plan allows.
        pub total_retrieval_events_limit: i64,
        /// Number of users with memories.
        pub total_users_with_memories: i64,
        /// Number of agents with memories.
        pub total_agents_with_memories: i64,
        /// Number of runs with memories.
        pub total_runs_with_memories: i64,
        /// Average number of memories per user. The OpenAPI file declares an integer.
        pub memories_per_user: f64,
        /// Average number of memories per agent.
        pub memories_per_agent: f64,
        /// Average number of memories per run.
        pub memories_per_run: f64,
    }
}
