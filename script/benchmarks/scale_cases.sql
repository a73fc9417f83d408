-- A year of cases at the estates of scale.sql, step by step, after it. Parameters: at (now), cases, open, shares (the ladder).

--- 诉求:起草
-- Whom a case at an estate goes through, and whose it can be.
CREATE UNLOGGED TABLE bench_desk AS
SELECT e.id, e.code, row_number() OVER (ORDER BY e.id) AS number,
       (SELECT min(p.user_id) FROM accounts_post p WHERE p.node_id = e.id AND p.role = 'service_lead') AS lead,
       (SELECT min(p.user_id) FROM accounts_post p WHERE p.node_id = e.id AND p.role = 'estate_manager') AS manager,
       (SELECT array_agg(p.user_id ORDER BY p.user_id) FROM accounts_post p WHERE p.node_id = e.id AND p.role = 'service') AS desk,
       (SELECT array_agg(p.user_id ORDER BY p.user_id) FROM accounts_post p WHERE p.node_id = e.id AND p.role = 'engineering') AS engineering,
       (SELECT array_agg(p.user_id ORDER BY p.user_id) FROM accounts_post p WHERE p.node_id = e.id AND p.role = 'security') AS security,
       (SELECT array_agg(p.user_id ORDER BY p.user_id) FROM accounts_post p WHERE p.node_id = e.id AND p.role = 'environment') AS environment,
       (SELECT min(p.user_id) FROM accounts_post p WHERE p.node_id = e.parent_id AND p.role = 'branch_supervisor') AS branch,
       (SELECT min(p.user_id) FROM accounts_post p WHERE p.role = 'group_supervisor') AS grp,
       (SELECT array_agg(h.id ORDER BY h.id) FROM estates_house h WHERE h.estate_id = e.id) AS houses
FROM estates_node e WHERE e.kind = 'estate';

-- Closed ones over the year, open ones of the last days, the most of them of the last hours. Ids follow time.
CREATE UNLOGGED TABLE bench_contact AS
WITH drawn AS (
    SELECT n > %(cases)s - %(open)s AS is_open,
           date_trunc('second', CASE WHEN n > %(cases)s - %(open)s
               THEN %(at)s - interval '4 minutes' - power(bench_draw(n, 30), 3) * interval '12 days'
               ELSE %(at)s - interval '12 days' - bench_draw(n, 30) * interval '352 days' END) AS received
    FROM generate_series(1, %(cases)s) AS n
), numbered AS (
    SELECT row_number() OVER (ORDER BY received) AS id, is_open, received FROM drawn
), kinds AS (
    SELECT n.*, d.id AS estate_id, d.code, d.lead, d.manager, d.branch, d.grp, d.houses,
           CASE WHEN bench_draw(n.id, 32) < 0.32 THEN 'complaint' WHEN bench_draw(n.id, 32) < 0.66 THEN 'repair'
                WHEN bench_draw(n.id, 32) < 0.75 THEN 'need' WHEN bench_draw(n.id, 32) < 0.82 THEN 'suggestion'
                WHEN bench_draw(n.id, 32) < 0.94 THEN 'question' ELSE 'praise' END AS kind,
           CASE WHEN bench_draw(n.id, 33) < 0.5 THEN 'engineering' WHEN bench_draw(n.id, 33) < 0.78 THEN 'security'
                WHEN bench_draw(n.id, 33) < 0.9 THEN 'environment' ELSE 'service' END AS department,
           d.desk[1 + floor(bench_draw(n.id, 34) * array_length(d.desk, 1))::int] AS responsible,
           d.desk[2 - floor(bench_draw(n.id, 34) * array_length(d.desk, 1))::int] AS other,
           d.engineering, d.security, d.environment, d.desk
    FROM numbered n JOIN bench_desk d ON d.number = 1 + floor(bench_draw(n.id, 31) * (SELECT count(*) FROM bench_desk))
), stated AS (
    SELECT k.*, kind = 'repair' AND bench_draw(id, 35) < 0.2 AS urgent,
           CASE WHEN NOT is_open THEN 'closed' WHEN kind = 'praise' THEN 'registered' WHEN bench_draw(id, 37) < 0.02 THEN 'registered'
                WHEN bench_draw(id, 37) < 0.07 THEN 'to_transfer' WHEN kind = 'question' OR bench_draw(id, 37) < 0.65 THEN 'handling'
                WHEN bench_draw(id, 37) < 0.77 THEN 'to_answer' ELSE 'to_callback' END AS state
    FROM kinds k
), graded AS (
    SELECT s.*, kind = 'complaint' AND NOT is_open AND bench_draw(id, 36) < 0.07 AS invalid,
           CASE WHEN kind <> 'complaint' OR (is_open AND received > %(at)s - interval '3 hours') THEN ''
                WHEN NOT is_open AND bench_draw(id, 36) < 0.07 THEN '' WHEN bench_draw(id, 36) < 0.14 THEN 'major'
                -- What a week without a result has made of it (CMP-8).
                WHEN state IN ('registered', 'to_transfer', 'handling') AND received <= %(at)s - interval '7 days' THEN 'major'
                WHEN bench_draw(id, 36) < 0.45 THEN 'serious' ELSE 'minor' END AS grade,
           CASE department WHEN 'engineering' THEN engineering WHEN 'security' THEN security WHEN 'environment' THEN environment
                           ELSE desk END AS members
    FROM stated s
), moments AS (
    SELECT g.*, members[1 + floor(bench_draw(id, 38) * array_length(members, 1))::int] AS worker,
           %(at)s - received AS span,
           CASE WHEN bench_draw(id, 39) < 0.1 THEN 1.3 + bench_draw(id, 40) ELSE 0.1 + 0.7 * bench_draw(id, 40) END AS share,
           CASE WHEN kind = 'complaint' THEN CASE grade WHEN 'major' THEN interval '15 days' WHEN 'minor' THEN interval '7 days'
                                                        ELSE interval '1 day' END
                WHEN kind = 'repair' THEN CASE WHEN urgent THEN interval '1 day' ELSE interval '3 days' END END AS to_handle
    FROM graded g
), way AS (
    SELECT m.*,
           CASE WHEN state IN ('registered', 'to_transfer') OR kind = 'praise' THEN NULL
                ELSE received + least(span * 0.1, (0.5 + 6 * bench_draw(id, 41)) * interval '1 minute') END AS transferred,
           CASE WHEN kind = 'complaint' AND (grade <> '' OR invalid)
                THEN received + least(span * 0.2, (20 + 200 * bench_draw(id, 42)) * interval '1 minute') END AS judged,
           CASE WHEN state IN ('to_answer', 'to_callback') THEN received + span * 0.7
                WHEN state = 'closed' AND kind <> 'praise' AND NOT invalid
                THEN received + least(share * coalesce(to_handle, interval '18 hours'), interval '9 days') END AS reported
    FROM moments m
)
SELECT w.*, CASE WHEN transferred IS NOT NULL AND (bench_draw(id, 43) < 0.7 OR reported IS NOT NULL)
                 THEN transferred + least(span * 0.1, (2 + 20 * bench_draw(id, 44)) * interval '1 minute') END AS accepted,
       CASE WHEN kind = 'repair' AND transferred IS NOT NULL AND (bench_draw(id, 43) < 0.6 OR reported IS NOT NULL)
            THEN transferred + least(span * 0.15, (5 + 28 * bench_draw(id, 45)) * interval '1 minute') END AS arrived,
       CASE WHEN state = 'to_callback' THEN reported + span * 0.15
            WHEN invalid THEN received + interval '6 hours'
            WHEN state = 'closed' AND kind <> 'praise' THEN reported + (10 + 150 * bench_draw(id, 46)) * interval '1 minute' END AS answered,
       CASE WHEN state = 'closed' AND kind NOT IN ('question', 'praise') AND NOT invalid
            THEN reported + (3 + 24 * bench_draw(id, 47)) * interval '1 hour' END AS called,
       houses[1 + floor(bench_draw(id, 48) * array_length(houses, 1))::int] AS house_id, bench_draw(id, 49) < 0.9 AS has_house,
       (ARRAY['water', 'power', 'lift', 'leak', 'facility', 'noise', 'renovation', 'cleaning', 'greening', 'parking', 'safety',
              'pets', 'fees', 'attitude', 'other'])[1 + floor(bench_draw(id, 50) * 15)::int] AS cause,
       to_char(received AT TIME ZONE 'Asia/Shanghai', 'YYYYMM') AS month
FROM way w ORDER BY id;
CREATE INDEX ON bench_contact (id);
ALTER TABLE bench_contact ADD replied timestamptz, ADD closed timestamptz, ADD serial bigint;
UPDATE bench_contact c SET
    replied = CASE WHEN answered IS NULL THEN CASE WHEN is_open AND span > interval '10 hours' AND bench_draw(c.id, 51) < 0.8
                                              THEN received + interval '9 hours' END
                   ELSE least(answered, received + interval '16 hours') END,
    closed = CASE WHEN is_open THEN NULL WHEN kind = 'praise' THEN received + interval '3 hours' ELSE coalesce(called, answered) END,
    serial = s.serial
FROM (SELECT id, row_number() OVER (PARTITION BY estate_id, month ORDER BY id) AS serial FROM bench_contact) AS s WHERE s.id = c.id;
ANALYZE bench_contact;

--- 诉求单
INSERT INTO complaints_case (
    id, number, estate_id, building_id, house_id, place, caller_kind, caller_name, caller_phone, channel, kind, urgent, cause, text,
    received_at, registered_at, registered_by_id, responsible_id, department, handler_id, state, validity, judged_at, judged_by_id,
    judgement, grade, grade_reason, policy_id, round, result_at, answered_at, due_clock, closed_at, closed_by_id, outcome, satisfaction,
    opinion)
SELECT c.id, 'TS-' || c.code || '-' || month || '-' || to_char(serial, 'FM0000'), c.estate_id, h.building_id, h.id,
       CASE WHEN has_house THEN '' ELSE '东门岗亭' END, CASE WHEN has_house THEN 'owner' ELSE 'other' END,
       coalesce(o.name, '王女士'), coalesce(o.phone, '137' || to_char(c.id, 'FM00000000')),
       (ARRAY['phone', 'phone', 'phone', 'wechat', 'visit_us', 'scan', 'patrol', 'referred'])[1 + floor(bench_draw(c.id, 52) * 8)::int],
       c.kind, urgent, cause,
       (ARRAY['电梯隔三差五停,说了好几次都没修好', '卫生间顶上一直滴水,楼上不肯配合', '单元门口路灯坏了快一个月', '楼上装修中午也在敲墙',
              '固定车位老是被别人停', '楼道一个星期没拖了', '门禁卡刷不开单元门', '物业费怎么开发票'])[1 + floor(bench_draw(c.id, 53) * 8)::int],
       received, received + interval '40 seconds', responsible, CASE WHEN state <> 'registered' THEN responsible END,
       CASE WHEN transferred IS NULL THEN '' ELSE department END, CASE WHEN accepted IS NOT NULL THEN worker END, state,
       CASE WHEN invalid THEN 'invalid' WHEN grade <> '' THEN 'valid' ELSE '' END, judged, CASE WHEN judged IS NOT NULL THEN lead END,
       '', grade, CASE grade WHEN 'major' THEN 'major.company' WHEN 'serious' THEN 'serious.need' WHEN 'minor' THEN 'minor.easy' ELSE '' END,
       (SELECT max(id) FROM complaints_policy WHERE state = 'published'), 1, reported, answered, '', closed,
       CASE WHEN closed IS NOT NULL THEN other END,
       CASE WHEN closed IS NULL THEN '' WHEN invalid THEN 'invalid' WHEN kind = 'praise' THEN 'praised' WHEN kind = 'question' THEN 'answered'
            ELSE 'solved' END,
       CASE WHEN called IS NOT NULL THEN (ARRAY[5, 5, 5, 5, 4, 4, 4, 3, 3, 2])[1 + floor(bench_draw(c.id, 54) * 10)::int] END, ''
FROM bench_contact c LEFT JOIN estates_house h ON has_house AND h.id = c.house_id LEFT JOIN estates_owner o ON o.house_id = h.id
ORDER BY c.id;
SELECT setval(pg_get_serial_sequence('complaints_case', 'id'), max(id)) FROM complaints_case;
INSERT INTO numbering_counter (kind, place, period, last)
SELECT 'TS', code, month, max(serial) FROM bench_contact GROUP BY code, month;

INSERT INTO complaints_case_handlers (case_id, user_id)
SELECT id, person FROM bench_contact, LATERAL (VALUES (CASE WHEN accepted IS NOT NULL THEN worker END),
    (CASE WHEN replied IS NOT NULL THEN responsible END)) AS hand (person) WHERE person IS NOT NULL
ON CONFLICT DO NOTHING;

--- 诉求:轮次和回访
INSERT INTO complaints_round (
    case_id, number, started_at, department, transferred_at, transferred_in_time, accepted_at, accepted_by_id, arrived_at, arrived_in_time,
    replied_at, replied_by_id, replied_in_time, result, result_at, result_by_id, handled_in_time, used, paused, answer, answered_at,
    answered_by_id, answered_in_time, called_at, called_in_time, ended_at, outcome)
SELECT id, 1, received, CASE WHEN transferred IS NULL THEN '' ELSE department END, transferred, transferred <= received + interval '10 minutes',
       accepted, CASE WHEN accepted IS NOT NULL THEN worker END, arrived,
       arrived <= transferred + CASE WHEN urgent THEN interval '15 minutes' ELSE interval '30 minutes' END,
       replied, CASE WHEN replied IS NOT NULL THEN responsible END, replied <= received + interval '1 day',
       CASE WHEN reported IS NULL THEN '' ELSE '已更换损坏部件,运行正常' END, reported, CASE WHEN reported IS NOT NULL THEN worker END,
       reported <= received + to_handle, CASE WHEN to_handle IS NOT NULL THEN reported - received END,
       CASE WHEN to_handle IS NOT NULL AND reported IS NOT NULL THEN interval '0' END,
       CASE WHEN answered IS NULL THEN '' ELSE '已告知客户处理结果' END, answered, CASE WHEN answered IS NOT NULL THEN responsible END,
       CASE WHEN reported IS NOT NULL AND answered IS NOT NULL THEN (answered AT TIME ZONE 'Asia/Shanghai')::date = (reported AT TIME ZONE 'Asia/Shanghai')::date END,
       called, called <= answered + interval '1 day', closed, CASE WHEN closed IS NULL THEN '' ELSE 'closed' END
FROM bench_contact ORDER BY id;

INSERT INTO complaints_call (case_id, round, at, by_id, reached, solved, satisfaction, remark)
SELECT b.id, 1, called, other, true, true, c.satisfaction, '' FROM bench_contact b JOIN complaints_case c ON c.id = b.id
WHERE called IS NOT NULL ORDER BY called;

--- 诉求:计时
INSERT INTO timers_clock (
    kind, subject_kind, subject_id, node_id, calendar, amount, unit, ladder, state, round, extensions, started_at, round_started_at, due_at,
    whole, used, counted_from, stopped_at, plan, next_step, next_at, failures, error)
SELECT 'complaints.' || clock, 'complaints.case', c.id, c.estate_id, 'natural', amount, unit, rungs, CASE WHEN runs THEN 'running' ELSE 'stopped' END,
       1, 0, begun, begun, begun + whole, whole, CASE WHEN runs THEN interval '0' ELSE ended - begun END, CASE WHEN runs THEN begun END,
       CASE WHEN NOT runs THEN ended END, plan, step, CASE WHEN runs THEN plan[step + 1] END, 0, ''
FROM bench_contact c
CROSS JOIN LATERAL (VALUES
    ('transfer', 10, 'minutes', interval '10 minutes', CASE WHEN kind <> 'praise' THEN received END, transferred),
    ('judge', 4, 'hours', interval '4 hours', CASE WHEN kind = 'complaint' THEN received END, coalesce(judged, answered)),
    ('answer', CASE grade WHEN 'major' THEN 2 ELSE 1 END, 'days', CASE grade WHEN 'major' THEN interval '2 days' ELSE interval '1 day' END,
     CASE WHEN kind <> 'praise' THEN received END, replied),
    ('arrive', CASE WHEN urgent THEN 15 ELSE 30 END, 'minutes', CASE WHEN urgent THEN interval '15 minutes' ELSE interval '30 minutes' END,
     CASE WHEN kind = 'repair' THEN transferred END, arrived),
    ('handle', extract(day FROM to_handle)::int, 'days', to_handle, CASE WHEN to_handle IS NOT NULL THEN received END, reported),
    ('same_day', NULL, '', ((reported AT TIME ZONE 'Asia/Shanghai')::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' - reported, reported, answered),
    ('callback', 1, 'days', interval '1 day', CASE WHEN state = 'to_callback' OR called IS NOT NULL THEN answered END, called)
) AS has (clock, amount, unit, whole, begun, done)
CROSS JOIN LATERAL (SELECT coalesce(done, closed) AS ended, coalesce(done, closed) IS NULL AS runs) AS now_
CROSS JOIN LATERAL (SELECT CASE WHEN whole < interval '1 day' THEN %(shares)s::jsonb - 3 - 2 ELSE %(shares)s::jsonb END AS rungs) AS climbs
CROSS JOIN LATERAL (SELECT array_agg(begun + whole * (rung ->> 'percent')::int / 100 ORDER BY (rung ->> 'percent')::int) AS plan
                    FROM jsonb_array_elements(rungs) AS rung) AS planned
CROSS JOIN LATERAL (SELECT count(*) AS step FROM unnest(plan) AS moment WHERE moment < least(ended, %(at)s)) AS reached
WHERE begun IS NOT NULL
ORDER BY begun, c.id;

INSERT INTO timers_clockstep (clock_id, round, code, due_at, taken_at, late)
SELECT c.id, 1, c.ladder -> (n - 1) ->> 'code', c.plan[n], c.plan[n], false
FROM timers_clock c, generate_series(1, c.next_step) AS n WHERE c.subject_kind = 'complaints.case' ORDER BY c.plan[n];

UPDATE complaints_case c SET due_at = first.due_at, due_clock = substr(first.kind, 12)
FROM (SELECT DISTINCT ON (subject_id) subject_id, due_at, kind FROM timers_clock
      WHERE subject_kind = 'complaints.case' AND state = 'running' ORDER BY subject_id, due_at) AS first
WHERE first.subject_id = c.id;

--- 诉求:操作记录和通知
INSERT INTO journal_entry (subject_kind, subject_id, node_id, verb, by_id, at, recorded_at, data)
SELECT 'complaints.case', subject, node, verb, by_id, at, at, data FROM (
    SELECT id AS subject, estate_id AS node, 'case.register' AS verb, responsible AS by_id, received + interval '40 seconds' AS at,
           '{"channel": "来电", "kind": "报修", "text": "门禁卡刷不开单元门"}'::jsonb AS data FROM bench_contact
    UNION ALL
    SELECT id, estate_id, 'case.transfer', responsible, transferred, '{"department": {"before": "", "after": "工程部"}}' FROM bench_contact
    WHERE transferred IS NOT NULL
    UNION ALL
    SELECT id, estate_id, 'case.accept', worker, accepted, '{}' FROM bench_contact WHERE accepted IS NOT NULL
    UNION ALL
    SELECT id, estate_id, 'case.grade', lead, judged, '{"why": "轻微不便,容易改正"}' FROM bench_contact WHERE judged IS NOT NULL
    UNION ALL
    SELECT id, estate_id, 'case.report', worker, reported, '{"result": "已更换损坏部件,运行正常"}' FROM bench_contact WHERE reported IS NOT NULL
    UNION ALL
    SELECT id, estate_id, 'case.answer', responsible, answered, '{"answer": "已告知客户处理结果"}' FROM bench_contact WHERE answered IS NOT NULL
    UNION ALL
    SELECT id, estate_id, 'case.callback', other, called, '{"satisfaction": "满意"}' FROM bench_contact WHERE called IS NOT NULL
    UNION ALL
    SELECT c.subject_id, c.node_id, 'case.escalate', NULL, s.due_at, jsonb_build_object('clock', '处理', 'share', s.code || '%%', 'due_at', s.due_at)
    FROM timers_clockstep s JOIN timers_clock c ON c.id = s.clock_id WHERE c.subject_kind = 'complaints.case'
) AS happened ORDER BY at;

INSERT INTO notices_notice (user_id, key, title, body, url, level, subject_kind, subject_id, at, read_at)
SELECT person, 'bench:case:' || what || id, '新转派诉求', code, '/cases/' || id || '/', 'info', 'complaints.case', id, told_at,
       CASE WHEN bench_draw(id, 55) < 0.8 THEN least(told_at + interval '1 hour', %(at)s) END
FROM bench_contact, LATERAL (VALUES
    (worker, 't', transferred), (lead, 'g', CASE WHEN grade IN ('major', 'serious') THEN judged END),
    (manager, 'g', CASE WHEN grade IN ('major', 'serious') THEN judged END), (responsible, 'r', reported)
) AS told (person, what, told_at)
WHERE told_at IS NOT NULL ON CONFLICT DO NOTHING;

INSERT INTO notices_notice (user_id, key, title, body, url, level, subject_kind, subject_id, at, read_at)
SELECT CASE s.code WHEN '50' THEN d.lead WHEN '100' THEN d.manager WHEN '150' THEN d.branch ELSE d.grp END, 'bench:case:step:' || s.id,
       '处理超期', '', '/cases/' || c.subject_id || '/', 'info', 'complaints.case', c.subject_id, s.due_at,
       CASE WHEN bench_draw(s.id, 56) < 0.8 THEN s.due_at + interval '1 hour' END
FROM timers_clockstep s JOIN timers_clock c ON c.id = s.clock_id JOIN bench_desk d ON d.id = c.node_id
WHERE c.subject_kind = 'complaints.case';

DROP TABLE bench_desk, bench_contact;
DROP FUNCTION bench_draw;
