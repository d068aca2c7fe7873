-- What policies sent and the domain refused: a refusal is final, and can be looked up.
CREATE TABLE kernel.policy_refusals (
    command_id uuid PRIMARY KEY,
    policy text NOT NULL,
    event_id uuid NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX policy_refusals_policy ON kernel.policy_refusals (policy, refused_at);

-- What policies will send later. A timer holds the place of its event and nothing of its
-- content, which can so be erased or upcast; its id is the id of the command.
CREATE TABLE kernel.timers (
    timer_id uuid PRIMARY KEY,
    policy text NOT NULL,
    stream_id uuid NOT NULL,
    version bigint NOT NULL,
    due_at timestamptz NOT NULL,
    claimed_until timestamptz NOT NULL DEFAULT '-infinity',
    -- Rises with every claim, which shuts out whoever claimed it before.
    fence bigint NOT NULL DEFAULT 0,
    -- Claims since the last answer: counted first, so that crashes count.
    attempts int NOT NULL DEFAULT 0,
    stopped_at timestamptz,
    error text
) WITH (fillfactor = 70);
CREATE INDEX timers_due ON kernel.timers (due_at) WHERE stopped_at IS NULL;
