-- The year of script/benchmarks/scale.py, step by step. Parameters: at (now), today, ladder.

--- 计划
CREATE FUNCTION bench_draw(key bigint, salt bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashint8extended(key, salt) & 9007199254740991)::float8 / 9007199254740992;

-- Whom an inspection or a rectification at an estate can be by.
CREATE UNLOGGED TABLE bench_estate AS
SELECT e.id, e.code, 0.005 + 0.018 * bench_draw(e.id, 1) AS chance, bench_draw(e.id, 2) < 0.5 AS no_ponds,
       (SELECT array_agg(p.user_id ORDER BY p.user_id) FROM accounts_post p WHERE p.node_id = e.id
        AND p.role NOT IN ('cashier', 'archivist', 'estate_manager')) AS members,
       (SELECT min(p.user_id) FROM accounts_post p WHERE p.node_id = e.id AND p.role = 'estate_manager') AS manager,
       (SELECT min(p.user_id) FROM accounts_post p WHERE p.node_id = e.parent_id AND p.role = 'branch_supervisor') AS branch,
       (SELECT min(p.user_id) FROM accounts_post p WHERE p.role = 'group_supervisor') AS grp
FROM estates_node e WHERE e.kind = 'estate';

CREATE UNLOGGED TABLE bench_item AS
SELECT i.id, i.version_id, i.section_id, i.code, i.weight, i.risk, i.evidence, i.role, i.days, s.code = 'ponds' AS is_pond,
       row_number() OVER (PARTITION BY i.version_id ORDER BY s.position, i.position, i.id) AS number,
       CASE WHEN i.evidence = 'reading' THEN round((coalesce(i.low, i.high * 0.6) + coalesce(i.high, i.low * 1.4)) / 2, 2) END AS reading
FROM inspections_item i JOIN inspections_section s ON s.id = i.section_id;
CREATE INDEX ON bench_item (version_id, number);

-- Ids in the order in which the generator makes them. 2 percent are missed; of today's half are handed in.
CREATE UNLOGGED TABLE bench_draft AS
WITH planned AS (
    SELECT row_number() OVER (ORDER BY p.opens, p.schedule_id, e.id) AS id, p.*, e.id AS estate_id, e.code, e.no_ponds,
           e.chance * CASE p.tier WHEN 'estate' THEN 1 ELSE 3 END AS chance, e.members, e.branch, e.grp
    FROM bench_period p CROSS JOIN bench_estate e
), timed AS (
    SELECT *, opens + floor((after - first) * bench_draw(id, 3)) * interval '1 day' + interval '8 hours'
              + bench_draw(id, 4) * interval '6 hours' AS started
    FROM planned
)
SELECT *, started + (25 + 60 * bench_draw(id, 5)) * interval '1 minute' AS submitted,
       CASE WHEN closes <= %(at)s THEN CASE WHEN bench_draw(id, 6) < 0.02 THEN 'missed' ELSE 'submitted' END
            WHEN frequency = 'day' THEN CASE WHEN bench_draw(id, 6) < 0.5 THEN 'submitted'
                                             WHEN bench_draw(id, 6) < 0.6 THEN 'doing' ELSE 'open' END
            WHEN started < %(at)s - interval '2 hours' THEN 'submitted' ELSE 'open' END AS state,
       CASE tier WHEN 'group' THEN grp WHEN 'branch' THEN branch
                 ELSE members[1 + floor(bench_draw(id, 7) * array_length(members, 1))::int] END AS by_id
FROM timed ORDER BY id;
CREATE INDEX ON bench_draft (id);
CREATE INDEX ON bench_draft (estate_id, version_id, submitted) WHERE tier = 'estate' AND state = 'submitted';
ANALYZE bench_draft; ANALYZE bench_item; ANALYZE bench_estate;

--- 作答
INSERT INTO inspections_answer (inspection_id, item_id, by_id, answered_at, saved_at, key, rev, result, note, reading)
SELECT d.id, i.id, d.by_id, moment, moment, gen_random_uuid(), 1, result,
       CASE WHEN result = 'f' THEN (ARRAY['2 幢 1 层楼梯间堆放纸箱和婴儿车', '现场与标准不符,已当面指出', '记录缺失两天,责任人说忘记填写',
            '配电房绝缘垫破裂,宽约 20 厘米', '访客登记本缺少离开时间', '儿童滑梯连接螺栓外露'])[1 + (d.id + i.number) %% 6] ELSE '' END,
       CASE WHEN result = 'p' THEN reading WHEN result = 'f' THEN reading * 2 END
FROM bench_draft d JOIN bench_item i ON i.version_id = d.version_id,
     LATERAL (SELECT d.started + (d.submitted - d.started) * i.number / (d.total + 1) AS moment,
              CASE WHEN i.is_pond AND d.no_ponds THEN 'n'
                   WHEN bench_draw(d.id * 1000 + i.number, 8) < d.chance * CASE i.risk WHEN 'redline' THEN 0.4 ELSE 1 END THEN 'f'
                   ELSE 'p' END AS result) AS judged
WHERE d.state = 'submitted' OR (d.state = 'doing' AND i.number <= d.total / 2)
ORDER BY d.id, i.number;
ANALYZE inspections_answer;

--- 主题结果
INSERT INTO inspections_sectionresult (inspection_id, section_id, passed_weight, applicable_weight, failed, redline_failed)
SELECT a.inspection_id, i.section_id, coalesce(sum(i.weight) FILTER (WHERE a.result = 'p'), 0),
       coalesce(sum(i.weight) FILTER (WHERE a.result <> 'n'), 0), count(*) FILTER (WHERE a.result = 'f'),
       count(*) FILTER (WHERE a.result = 'f' AND i.risk = 'redline')
FROM inspections_answer a JOIN bench_item i ON i.id = a.item_id JOIN bench_draft d ON d.id = a.inspection_id
WHERE d.state = 'submitted'
GROUP BY 1, 2 ORDER BY 1, 2;

--- 自查不符
INSERT INTO inspections_discrepancy (upper_id, self_check_id, item_id, estate_id, passed_at, failed_at)
SELECT d.id, own.id, a.item_id, d.estate_id, passed.answered_at, a.answered_at
FROM bench_draft d JOIN inspections_answer a ON a.inspection_id = d.id AND a.result = 'f',
     LATERAL (SELECT id FROM bench_draft o WHERE o.estate_id = d.estate_id AND o.version_id = d.version_id AND o.tier = 'estate'
              AND o.state = 'submitted' AND o.submitted BETWEEN d.started - interval '7 days' AND d.started
              ORDER BY o.submitted DESC LIMIT 1) AS own
     JOIN inspections_answer passed ON passed.inspection_id = own.id
WHERE d.tier <> 'estate' AND d.state = 'submitted' AND passed.item_id = a.item_id AND passed.result = 'p'
ORDER BY a.answered_at;

--- 检查
INSERT INTO inspections_inspection (
    id, number, schedule_id, version_id, estate_id, tier, frequency, period_start, period_end, opens_at, closes_at, state,
    is_made_up, reason, started_at, submitted_at, submitted_by_id, item_total, passed, failed, not_applicable, redline_failed,
    score, grade, compared, contradicted)
SELECT d.id, 'JC-' || code || '-' || to_char(first, 'YYYYMMDD') || '-' || schedule_id, schedule_id, version_id, estate_id, tier,
       frequency, first, after, opens, closes, state, false, '',
       CASE WHEN state IN ('doing', 'submitted') THEN started END, CASE WHEN state = 'submitted' THEN submitted END,
       CASE WHEN state = 'submitted' THEN by_id END, total, coalesce(sums.passed, 0), coalesce(sums.failed, 0),
       coalesce(sums.absent, 0), coalesce(parts.redline, 0), parts.score,
       CASE WHEN state <> 'submitted' OR parts.score IS NULL THEN '' WHEN parts.redline > 0 THEN 'poor' WHEN parts.score >= 95 THEN 'excellent'
            WHEN parts.score >= 85 THEN 'good' WHEN parts.score >= 75 THEN 'fair' ELSE 'poor' END,
       CASE WHEN tier <> 'estate' AND pairs.n IS NOT NULL THEN coalesce(sums.passed + sums.failed, 0) ELSE 0 END, coalesce(pairs.n, 0)
FROM bench_draft d
LEFT JOIN (SELECT inspection_id, count(*) FILTER (WHERE result = 'p') AS passed, count(*) FILTER (WHERE result = 'f') AS failed,
                  count(*) FILTER (WHERE result = 'n') AS absent FROM inspections_answer GROUP BY 1) AS sums ON sums.inspection_id = d.id
LEFT JOIN (SELECT inspection_id, sum(redline_failed) AS redline,
                  round(100.0 * sum(passed_weight) / nullif(sum(applicable_weight), 0), 2) AS score
           FROM inspections_sectionresult GROUP BY 1) AS parts ON parts.inspection_id = d.id
LEFT JOIN (SELECT upper_id, count(*) AS n FROM inspections_discrepancy GROUP BY 1) AS pairs ON pairs.upper_id = d.id
ORDER BY d.id;

--- 整改单
-- One in seven handed in late; re-checked within 30 hours.
CREATE UNLOGGED TABLE bench_failure AS
WITH failed AS (
    SELECT a.inspection_id, a.item_id, c.code || '/' || i.code AS item_key, d.estate_id, d.code, d.tier, i.risk, i.role, a.note,
           d.submitted AS opened, d.by_id, i.evidence,
           ((d.submitted AT TIME ZONE 'Asia/Shanghai')::date + i.days + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS due,
           row_number() OVER (ORDER BY d.submitted, a.inspection_id, i.number) AS id
    FROM inspections_answer a JOIN bench_draft d ON d.id = a.inspection_id AND d.state = 'submitted'
    JOIN bench_item i ON i.id = a.item_id JOIN inspections_checklistversion v ON v.id = d.version_id
    JOIN inspections_checklist c ON c.id = v.checklist_id
    WHERE a.result = 'f'
), handed AS (
    SELECT *, CASE WHEN bench_draw(id, 10) < 0.14 THEN due + (2 + 198 * bench_draw(id, 11)) * interval '1 hour'
                   ELSE opened + (due - opened) * (0.1 + 0.8 * bench_draw(id, 11)) END AS handed_in
    FROM failed
)
SELECT h.*, handed_in + (1 + 29 * bench_draw(h.id, 12)) * interval '1 hour' AS rechecked,
       e.members[1 + floor(bench_draw(h.id, 13) * array_length(e.members, 1))::int] AS worker, e.manager, e.branch, e.grp,
       row_number() OVER (PARTITION BY h.estate_id, to_char(opened AT TIME ZONE 'Asia/Shanghai', 'YYYYMM') ORDER BY h.id) AS serial,
       lag(h.id) OVER same AS before_id, lag(opened) OVER same AS before_at
FROM handed h JOIN bench_estate e ON e.id = h.estate_id
WINDOW same AS (PARTITION BY h.estate_id, item_key ORDER BY opened, h.id);

INSERT INTO inspections_rectification (
    id, number, inspection_id, item_id, item_key, estate_id, tier, risk, role, assignee_id, problem, state, opened_at, due_at, measures,
    cause, prevention, rectified_at, rectified_by_id, closed_at, closed_by_id, rejections, extensions_granted, repeat_of_id)
SELECT id, 'ZG-' || code || '-' || to_char(opened AT TIME ZONE 'Asia/Shanghai', 'YYYYMM') || '-' || to_char(serial, 'FM0000'),
       inspection_id, item_id, item_key, estate_id, tier, risk, role, CASE WHEN bench_draw(id, 14) < 0.7 THEN worker END, note,
       CASE WHEN rechecked < %(at)s THEN 'closed' WHEN handed_in < %(at)s THEN 'recheck' ELSE 'open' END, opened, due,
       CASE WHEN handed_in < %(at)s THEN '已清理并拍照,当班巡查加查一次' ELSE '' END,
       '', '', CASE WHEN handed_in < %(at)s THEN handed_in END, CASE WHEN handed_in < %(at)s THEN worker END,
       CASE WHEN rechecked < %(at)s THEN rechecked END, CASE WHEN rechecked < %(at)s THEN manager END, 0, 0,
       CASE WHEN opened - before_at <= interval '90 days' THEN before_id END
FROM bench_failure ORDER BY id;

INSERT INTO inspections_extension (rectification_id, state, reason, due_on, asked_at, asked_by_id, decision_note)
SELECT id, 'asked', '等待备件', (due_at + interval '5 days')::date, opened_at + interval '3 hours', assignee_id, ''
FROM inspections_rectification WHERE state = 'open' AND due_at > %(at)s AND assignee_id IS NOT NULL AND bench_draw(id, 15) < 0.15;

--- 计时
INSERT INTO timers_clock (
    id, kind, subject_kind, subject_id, node_id, calendar, unit, ladder, state, round, extensions, started_at, round_started_at, due_at,
    whole, used, counted_from, stopped_at, plan, next_step, next_at, failures, error)
SELECT f.id, 'inspections.rectification', 'inspections.rectification', f.id, f.estate_id, 'natural', '', %(ladder)s::jsonb,
       CASE WHEN rechecked < %(at)s THEN 'stopped' WHEN handed_in < %(at)s THEN 'held' ELSE 'running' END, 1, 0, opened, opened, due,
       due - opened, CASE WHEN rechecked < %(at)s THEN rechecked - opened ELSE interval '0' END,
       CASE WHEN rechecked < %(at)s THEN NULL ELSE opened END, CASE WHEN rechecked < %(at)s THEN rechecked END, plan,
       step, CASE WHEN rechecked < %(at)s THEN NULL ELSE plan[step + 1] END, 0, ''
FROM bench_failure f,
     LATERAL (SELECT ARRAY[due, due + interval '1 day', due + interval '3 days', due + interval '7 days'] AS plan) AS planned,
     LATERAL (SELECT count(*) AS step FROM unnest(plan) AS moment WHERE moment < least(handed_in, %(at)s)) AS reached
ORDER BY f.id;

INSERT INTO timers_clockstep (clock_id, round, code, due_at, taken_at, late)
SELECT c.id, 1, c.ladder -> (n - 1) ->> 'code', c.plan[n], c.plan[n], false
FROM timers_clock c, generate_series(1, c.next_step) AS n ORDER BY c.plan[n];

--- 操作记录
INSERT INTO journal_entry (subject_kind, subject_id, node_id, verb, by_id, at, recorded_at, data)
SELECT kind, subject, node, verb, by_id, at, at, data FROM (
    SELECT 'inspections.inspection' AS kind, id AS subject, estate_id AS node, 'inspection.start' AS verb, by_id, started AS at, '{}'::jsonb AS data
    FROM bench_draft WHERE state IN ('doing', 'submitted')
    UNION ALL
    SELECT 'inspections.inspection', id, estate_id, 'inspection.submit', submitted_by_id, submitted_at,
           jsonb_build_object('score', score::text, 'failed', failed, 'redline_failed', redline_failed)
    FROM inspections_inspection WHERE state = 'submitted'
    UNION ALL
    SELECT 'inspections.inspection', id, estate_id, 'inspection.missed', NULL, closes, '{}' FROM bench_draft WHERE state = 'missed'
    UNION ALL
    SELECT 'inspections.rectification', id, estate_id, 'rectification.open', by_id, opened, jsonb_build_object('due_at', due) FROM bench_failure
    UNION ALL
    SELECT 'inspections.rectification', id, estate_id, 'rectification.submit', worker, handed_in, '{"measures": "已清理并拍照"}'
    FROM bench_failure WHERE handed_in < %(at)s
    UNION ALL
    SELECT 'inspections.rectification', id, estate_id, 'rectification.pass', manager, rechecked, '{"note": ""}'
    FROM bench_failure WHERE rechecked < %(at)s
    UNION ALL
    SELECT 'inspections.rectification', c.subject_id, c.node_id, 'rectification.escalate', NULL, s.due_at,
           jsonb_build_object('to', s.code, 'due_at', s.due_at)
    FROM timers_clockstep s JOIN timers_clock c ON c.id = s.clock_id
) AS happened ORDER BY at;

--- 通知和照片
INSERT INTO notices_notice (user_id, key, title, body, url, level, subject_kind, subject_id, at, read_at)
SELECT person, 'bench:' || id, '新整改单', code, '/inspections/rectifications/' || id || '/', 'info', 'inspections.rectification', id, opened,
       CASE WHEN bench_draw(id, 16) < 0.8 THEN opened + interval '1 hour' END
FROM bench_failure, LATERAL (VALUES (worker), (manager), (CASE WHEN tier <> 'estate' THEN branch ELSE NULL END)) AS told (person)
WHERE person IS NOT NULL ON CONFLICT DO NOTHING;

INSERT INTO notices_notice (user_id, key, title, body, url, level, subject_kind, subject_id, at, read_at)
SELECT CASE s.code WHEN 'group_supervisor' THEN e.grp ELSE e.branch END, 'bench:step:' || s.id, '整改超期', '',
       '/inspections/rectifications/' || c.subject_id || '/', 'info', 'inspections.rectification', c.subject_id, s.due_at,
       CASE WHEN bench_draw(s.id, 17) < 0.8 THEN s.due_at + interval '1 hour' END
FROM timers_clockstep s JOIN timers_clock c ON c.id = s.clock_id JOIN bench_estate e ON e.id = c.node_id
WHERE s.code IN ('branch_supervisor', 'group_supervisor');

-- The rows alone: no page reads the files. Of this month, so that last month's bulletins are printed without.
INSERT INTO attachments_attachment (uuid, owner_kind, owner_id, slot, name, content_type, size, width, height, sha256, original, shown,
                                    thumb, by_id, at, taken_at)
SELECT gen_random_uuid(), 'inspections.inspection', inspection_id, 'item:' || item_id, 'IMG.jpg', 'image/jpeg', 900000, 1600, 1200,
       '', 'bench/o.jpg', 'bench/s.jpg', 'bench/t.jpg', by_id, opened, opened
FROM bench_failure WHERE opened >= date_trunc('month', %(today)s::date)::timestamp AT TIME ZONE 'Asia/Shanghai';

--- 收尾
SELECT setval(pg_get_serial_sequence('inspections_inspection', 'id'), max(id)) FROM inspections_inspection;
SELECT setval(pg_get_serial_sequence('inspections_rectification', 'id'), max(id)) FROM inspections_rectification;
SELECT setval(pg_get_serial_sequence('timers_clock', 'id'), max(id)) FROM timers_clock;
DROP TABLE bench_period, bench_estate, bench_item, bench_draft, bench_failure;
