-- Where each subscription stands, who runs it, and why it stopped if it did.
CREATE TABLE kernel.checkpoints (
    name text PRIMARY KEY,
    epoch int NOT NULL DEFAULT 0,
    xid xid8 NOT NULL DEFAULT '0',
    pos bigint NOT NULL DEFAULT 0,
    last_event_id uuid,
    -- A new owner takes a higher number, which shuts out every earlier one.
    fence bigint NOT NULL,
    holder text NOT NULL,
    lease_until timestamptz NOT NULL,
    -- Starts since the last progress: counted first, so that crashes count.
    attempts int NOT NULL,
    stopped_at timestamptz,
    stopped_event_id uuid,
    error text,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20);
