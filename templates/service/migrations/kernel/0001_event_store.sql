-- The event store. It has a schema of its own, so that no read model can be in its way.
CREATE SCHEMA IF NOT EXISTS kernel;

-- A restore or a new cluster starts transaction ids anew; a new epoch sorts after the old.
CREATE TABLE kernel.store (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch int NOT NULL,
    system_identifier bigint NOT NULL
);
INSERT INTO kernel.store (epoch, system_identifier)
SELECT 1, system_identifier FROM pg_control_system();

CREATE TABLE kernel.streams (
    stream_id uuid PRIMARY KEY,
    kind text NOT NULL,
    version bigint NOT NULL,
    last_epoch int NOT NULL,
    last_xid xid8 NOT NULL
) WITH (fillfactor = 70);

-- Positions may have gaps; nothing depends on their absence. `schema_version` says how
-- `data` is to be read: stored bytes are never migrated. `bytes` is the size of `data`, so
-- that a reader knows how much it asks for without having it opened.
CREATE TABLE kernel.events (
    pos bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    epoch int NOT NULL,
    xid xid8 NOT NULL,
    stream_id uuid NOT NULL,
    version bigint NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    schema_version int NOT NULL DEFAULT 1,
    data jsonb NOT NULL,
    bytes int NOT NULL GENERATED ALWAYS AS (octet_length(data::text)) STORED,
    meta jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (stream_id, version)
);
CREATE INDEX events_tail ON kernel.events (epoch, xid, pos);

-- Not partitioned: a primary key without the partition column would not be unique.
CREATE TABLE kernel.command_log (
    command_id uuid PRIMARY KEY,
    request_hash bytea NOT NULL,
    stream_id uuid NOT NULL,
    last_version bigint NOT NULL,
    result jsonb,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX command_log_age ON kernel.command_log (recorded_at);

CREATE TABLE kernel.unique_keys (
    scope text NOT NULL,
    key text NOT NULL,
    stream_id uuid NOT NULL,
    PRIMARY KEY (scope, key)
);

-- A snapshot counts only for the code that made it, named by `fingerprint`.
CREATE TABLE kernel.snapshots (
    stream_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    fingerprint text NOT NULL,
    state jsonb NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Appends commands (c_) with their events (e_) and unique keys (k_), each of which names
-- its command by number. One verdict a command, none raises:
--   ok         recorded
--   conflict   the stream is not at the expected version; `detail` is its kind if another
--   order      an older transaction wrote later: the same again in a new transaction
--   busy       the stream is held by another transaction (only when p_wait is false)
--   duplicate  recorded before: token, version and result are those of the first time
--   mismatch   the command id was used for another request
--   taken      a key is held by another stream; `detail` is its scope
-- Every transaction locks in one order, sorted within each class, so that none deadlock:
-- command ids, existing streams, unique keys, new streams, rows of read models.
CREATE FUNCTION kernel.append(
    p_epoch int,
    p_wait boolean,
    c_id uuid[],
    c_hash bytea[],
    c_stream uuid[],
    c_kind text[],
    c_expected bigint[],
    c_count int[],
    c_result jsonb[],
    c_at timestamptz[],
    e_command int[],
    e_id uuid[],
    e_type text[],
    e_schema int[],
    e_data jsonb[],
    e_meta jsonb[],
    k_command int[],
    k_scope text[],
    k_key text[],
    k_drop boolean[]
)
RETURNS TABLE (
    ord int,
    verdict text,
    token_epoch int,
    token_xid xid8,
    token_pos bigint,
    version bigint,
    result jsonb,
    detail text
)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan  -- else planned anew for every array length
SET enable_seqscan = off  -- a plan made while the tables were small outlives their growth
AS $$
#variable_conflict use_column
DECLARE
    me xid8 := pg_current_xact_id();
    total int := cardinality(c_id);
    has_keys boolean := cardinality(k_command) > 0;
    verdicts text[] := array_fill('ok'::text, ARRAY[total]);
    details text[] := array_fill(NULL::text, ARRAY[total]);
    fresh boolean[];
    claimed uuid[];
    s_id uuid[];
    s_kind text[];
    s_version bigint[];
    s_older boolean[];
    won text[] := '{}';
    made uuid[];
    good boolean[];
    used bigint[];
    before bigint[];
    positions bigint[];
    i int;
    scope_taken text;
BEGIN
    -- 1. Claim the command ids. This waits for an open transaction with the same id, so
    -- that a duplicate always sees the outcome of the first.
    WITH claim AS (
        INSERT INTO kernel.command_log
            (command_id, request_hash, stream_id, last_version, result)
        SELECT u.id, u.hash, u.stream, u.expected + u.count, u.result
        FROM unnest(c_id, c_hash, c_stream, c_expected, c_count, c_result)
            AS u(id, hash, stream, expected, count, result)
        ORDER BY u.id
        ON CONFLICT DO NOTHING
        RETURNING command_id
    )
    SELECT coalesce(array_agg(command_id), '{}') INTO claimed FROM claim;
    IF cardinality(claimed) < total THEN
        FOR i IN
            SELECT u.o FROM unnest(c_id) WITH ORDINALITY AS u(id, o)
            WHERE u.id <> ALL (claimed)
        LOOP
            verdicts[i] := 'duplicate';
        END LOOP;
    END IF;

    -- After the claim: whoever changes the epoch locks the command log against us.
    PERFORM FROM kernel.store WHERE epoch = p_epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the epoch of the store is not %', p_epoch USING errcode = 'ES001';
    END IF;

    -- 2. Lock the streams that exist.
    IF p_wait THEN
        SELECT coalesce(array_agg(l.id), '{}'), coalesce(array_agg(l.kind), '{}'),
            coalesce(array_agg(l.version), '{}'), coalesce(array_agg(l.older), '{}')
        INTO s_id, s_kind, s_version, s_older
        FROM (
            SELECT s.stream_id, s.kind, s.version,
                (s.last_epoch, s.last_xid) <= (p_epoch, me)
            FROM kernel.streams s WHERE s.stream_id = ANY (c_stream)
            ORDER BY s.stream_id FOR UPDATE
        ) AS l(id, kind, version, older);
    ELSE
        SELECT coalesce(array_agg(l.id), '{}'), coalesce(array_agg(l.kind), '{}'),
            coalesce(array_agg(l.version), '{}'), coalesce(array_agg(l.older), '{}')
        INTO s_id, s_kind, s_version, s_older
        FROM (
            SELECT s.stream_id, s.kind, s.version,
                (s.last_epoch, s.last_xid) <= (p_epoch, me)
            FROM kernel.streams s WHERE s.stream_id = ANY (c_stream)
            ORDER BY s.stream_id FOR UPDATE SKIP LOCKED
        ) AS l(id, kind, version, older);
    END IF;

    -- 3. Compare versions. Commands of one stream form a chain: each expects what the one
    -- before it leaves, and falls with it. `older` is the guard that keeps the order of
    -- transactions the order of versions.
    WITH command AS (
        SELECT u.o, u.stream, u.expected, u.verdict, l.kind AS held_as, u.kind, l.older,
            l.id IS NULL AS fresh,
            coalesce(l.version, 0) + coalesce(sum(u.count) FILTER (WHERE u.verdict = 'ok')
                OVER (PARTITION BY u.stream ORDER BY u.o
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS base
        FROM unnest(c_stream, c_kind, c_expected, c_count, verdicts) WITH ORDINALITY
            AS u(stream, kind, expected, count, verdict, o)
        LEFT JOIN unnest(s_id, s_kind, s_version, s_older) AS l(id, kind, version, older)
            ON l.id = u.stream
    ), judged AS (
        SELECT o, verdict, fresh,
            CASE WHEN held_as <> kind THEN held_as END AS other_kind,
            bool_and(
                verdict <> 'ok'
                OR expected = base AND coalesce(older AND held_as = kind, true)
            ) OVER (PARTITION BY stream ORDER BY o) AS fits,
            CASE
                WHEN NOT p_wait AND fresh AND expected > 0 THEN 'busy'
                WHEN NOT older AND expected = base AND held_as = kind THEN 'order'
                ELSE 'conflict'
            END AS refusal
        FROM command
    )
    SELECT
        array_agg(CASE WHEN verdict <> 'ok' OR fits THEN verdict ELSE refusal END
            ORDER BY o),
        array_agg(CASE WHEN verdict = 'ok' AND NOT fits THEN other_kind END ORDER BY o),
        array_agg(fresh ORDER BY o)
    INTO verdicts, details, fresh
    FROM judged;

    -- 4. Take the unique keys. The insert waits for other claimers, so that a key that we
    -- did not get is held by someone who committed, or by an earlier command of this call.
    IF has_keys THEN
        WITH claim AS (
            INSERT INTO kernel.unique_keys (scope, key, stream_id)
            SELECT DISTINCT ON (u.scope, u.key) u.scope, u.key, c_stream[u.command]
            FROM unnest(k_command, k_scope, k_key, k_drop) AS u(command, scope, key, gone)
            WHERE NOT u.gone AND verdicts[u.command] = 'ok'
            ORDER BY u.scope, u.key, u.command
            ON CONFLICT DO NOTHING
            RETURNING scope, key
        )
        SELECT coalesce(array_agg(scope || E'\x01' || key), '{}') INTO won FROM claim;
        FOR i, scope_taken IN
            SELECT u.command, u.scope
            FROM unnest(k_command, k_scope, k_key, k_drop) AS u(command, scope, key, gone)
            JOIN kernel.unique_keys q ON q.scope = u.scope AND q.key = u.key
            WHERE NOT u.gone AND verdicts[u.command] = 'ok'
                AND q.stream_id <> c_stream[u.command]
        LOOP
            verdicts[i] := 'taken';
            details[i] := scope_taken;
        END LOOP;
        IF 'taken' = ANY (verdicts) THEN
            FOR i IN
                SELECT later.o
                FROM unnest(c_stream, verdicts) WITH ORDINALITY AS a(stream, verdict, o)
                JOIN unnest(c_stream, verdicts) WITH ORDINALITY AS later(stream, verdict, o)
                    ON later.stream = a.stream AND later.o > a.o
                WHERE a.verdict = 'taken' AND later.verdict = 'ok'
            LOOP
                verdicts[i] := 'conflict';
            END LOOP;
        END IF;
    END IF;

    -- 5. Create or advance the streams.
    IF true = ANY (fresh) THEN
        WITH created AS (
            INSERT INTO kernel.streams (stream_id, kind, version, last_epoch, last_xid)
            SELECT u.stream, min(u.kind), sum(u.count), p_epoch, me
            FROM unnest(c_stream, c_kind, c_count, verdicts, fresh)
                AS u(stream, kind, count, verdict, fresh)
            WHERE u.verdict = 'ok' AND u.fresh
            GROUP BY u.stream HAVING sum(u.count) > 0
            ORDER BY u.stream
            ON CONFLICT DO NOTHING
            RETURNING stream_id
        )
        SELECT coalesce(array_agg(stream_id), '{}') INTO made FROM created;
        FOR i IN
            SELECT u.o
            FROM unnest(c_stream, c_count, verdicts, fresh) WITH ORDINALITY
                AS u(stream, count, verdict, fresh, o)
            WHERE u.verdict = 'ok' AND u.fresh AND u.count > 0 AND u.stream <> ALL (made)
        LOOP
            verdicts[i] := 'conflict';
        END LOOP;
    END IF;
    IF false = ANY (fresh) THEN
        UPDATE kernel.streams s
        SET version = s.version + d.count, last_epoch = p_epoch, last_xid = me
        FROM (
            SELECT u.stream, sum(u.count) AS count
            FROM unnest(c_stream, c_count, verdicts, fresh)
                AS u(stream, count, verdict, fresh)
            WHERE u.verdict = 'ok' AND NOT u.fresh
            GROUP BY u.stream HAVING sum(u.count) > 0
        ) AS d
        WHERE s.stream_id = d.stream;
    END IF;

    -- 6. Take back what the losers had claimed, and give back what the winners dropped.
    IF EXISTS (SELECT FROM unnest(verdicts) AS u(v) WHERE u.v NOT IN ('ok', 'duplicate'))
    THEN
        DELETE FROM kernel.command_log
        WHERE command_id IN (
            SELECT u.id FROM unnest(c_id, verdicts) AS u(id, verdict)
            WHERE u.verdict NOT IN ('ok', 'duplicate')
        );
        IF has_keys THEN
            DELETE FROM kernel.unique_keys q
            USING unnest(k_command, k_scope, k_key, k_drop)
                AS u(command, scope, key, gone)
            WHERE NOT u.gone AND verdicts[u.command] <> 'ok'
                AND q.scope = u.scope AND q.key = u.key
                AND q.stream_id = c_stream[u.command]
                AND (u.scope || E'\x01' || u.key) = ANY (won);
            -- What only a loser of this call held is free after all: the same again.
            FOR i IN
                SELECT a.o FROM unnest(verdicts) WITH ORDINALITY AS a(verdict, o)
                WHERE a.verdict = 'taken' AND NOT EXISTS (
                    SELECT FROM unnest(k_command, k_scope, k_key, k_drop)
                        AS u(command, scope, key, gone)
                    JOIN kernel.unique_keys q ON q.scope = u.scope AND q.key = u.key
                    WHERE u.command = a.o AND NOT u.gone
                        AND q.stream_id <> c_stream[u.command]
                )
            LOOP
                verdicts[i] := 'order';
                details[i] := NULL;
            END LOOP;
        END IF;
    END IF;
    IF has_keys THEN
        DELETE FROM kernel.unique_keys q
        USING unnest(k_command, k_scope, k_key, k_drop) AS u(command, scope, key, gone)
        WHERE u.gone AND verdicts[u.command] = 'ok'
            AND q.scope = u.scope AND q.key = u.key AND q.stream_id = c_stream[u.command];
    END IF;

    -- 7. Record the events in order, so that positions rise with versions. Subscripts, not
    -- joins: a join of two arrays compares every pair.
    SELECT
        array_agg(v = 'ok' ORDER BY o),
        array_agg((CASE WHEN v = 'ok' THEN count ELSE 0 END)::bigint ORDER BY o),
        array_agg(before ORDER BY o)
    INTO good, used, before
    FROM (
        SELECT u.o, u.v, u.count, sum(u.count) OVER (ORDER BY u.o) - u.count AS before
        FROM unnest(verdicts, c_count) WITH ORDINALITY AS u(v, count, o)
    ) AS c;
    WITH recorded AS (
        INSERT INTO kernel.events
            (epoch, xid, stream_id, version, event_id, type, schema_version, data, meta,
                occurred_at)
        SELECT p_epoch, me, c_stream[e.command],
            c_expected[e.command] + e.o - before[e.command],
            e.id, e.type, e.schema, e.data, e.meta, c_at[e.command]
        FROM unnest(e_command, e_id, e_type, e_schema, e_data, e_meta) WITH ORDINALITY
            AS e(command, id, type, schema, data, meta, o)
        WHERE good[e.command]
        ORDER BY e.o
        RETURNING pos
    )
    SELECT array_agg(pos ORDER BY pos) INTO positions FROM recorded;

    -- 8. Answer. A command that recorded nothing has the token of its stream's last event.
    -- A repeat whose first was forgotten since the claim is to claim again.
    RETURN QUERY
    SELECT a.o::int,
        CASE WHEN a.verdict = 'duplicate' AND g.command_id IS NULL THEN 'order'
            WHEN a.verdict = 'duplicate' AND g.request_hash <> a.hash THEN 'mismatch'
            ELSE a.verdict END,
        CASE WHEN a.used > 0 THEN p_epoch ELSE old.epoch END,
        CASE WHEN a.used > 0 THEN me ELSE old.xid END,
        CASE WHEN a.used > 0 THEN positions[a.last] ELSE old.pos END,
        coalesce(g.last_version, a.expected + a.count),
        g.result,
        details[a.o]
    FROM (
        SELECT u.*, sum(u.used) OVER (ORDER BY u.o) AS last
        FROM unnest(verdicts, c_id, c_hash, c_stream, c_expected, c_count, used)
            WITH ORDINALITY AS u(verdict, id, hash, stream, expected, count, used, o)
    ) AS a
    LEFT JOIN kernel.command_log g
        ON g.command_id = CASE a.verdict WHEN 'duplicate' THEN a.id END
    LEFT JOIN kernel.events old
        ON old.stream_id = CASE a.verdict WHEN 'duplicate' THEN g.stream_id
            WHEN 'ok' THEN CASE a.used WHEN 0 THEN a.stream END END
        AND old.version = CASE a.verdict WHEN 'duplicate' THEN g.last_version
            ELSE a.expected END
    ORDER BY a.o;
END
$$;
