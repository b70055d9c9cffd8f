/**
 * The statements that read many channels as one. Neither is left to a planner: the inner selects name their index, and
 * a common table expression that orders itself hands on the smallest id that it has, as a merge of sorted lists does.
 */

/**
 * ?1: a JSON object of channels and ids; ?2: the last id that may be seen; ?3: how many channels. For each channel with
 * something new, those whose news begin first: its name, number, floor (null unless it lies between the two), first
 * offset, and the first id.
 */
export const NEWS = `
  WITH news AS MATERIALIZED (
    SELECT c.name, c.id,
      CASE WHEN c.floor > j.value AND c.floor <= ?2 THEN c.floor END AS floor,
      c.oldest,
      (
        SELECT r.id FROM record AS r INDEXED BY record_channel
        WHERE r.channel = c.id AND r.id > j.value AND r.id <= ?2 ORDER BY r.id LIMIT 1
      ) AS first
    FROM json_each(?1) AS j CROSS JOIN channel AS c ON c.name = j.key
  )
  SELECT * FROM news WHERE first IS NOT NULL OR floor IS NOT NULL ORDER BY coalesce(floor, first) LIMIT ?3
`;

/**
 * ?1: a JSON object of channels' numbers and the ids of their first records; ?2: the last id that may be seen; ?3: how
 * many. The ids of all their records, in order.
 */
export const MERGED = `
  WITH RECURSIVE merged (id, channel) AS (
    SELECT j.value, CAST(j.key AS INTEGER) FROM json_each(?1) AS j
    UNION ALL
    SELECT r.id, r.channel FROM merged CROSS JOIN record AS r ON r.id = (
      SELECT n.id FROM record AS n INDEXED BY record_channel
      WHERE n.channel = merged.channel AND n.id > merged.id AND n.id <= ?2 ORDER BY n.id LIMIT 1
    )
    ORDER BY 1 LIMIT ?3
  )
  SELECT id FROM merged
`;
