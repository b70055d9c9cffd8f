import { expect, test } from 'vitest';
import { Metrics } from '../../src/http/metrics.js';

test('what is counted, and what is asked for when somebody looks', async () => {
  let held = 2;
  const metrics = new Metrics({ followed: () => 5, present: () => 7, held: () => held });
  metrics.connections.inc({ transport: 'websocket' });
  metrics.publications.inc(3);
  metrics.appendSeconds.observe(0.003);
  metrics.fellBehind.inc();
  held = 4;
  const text = await metrics.text();
  for (const line of [
    'fullduplex_connections{transport="websocket"} 1',
    'fullduplex_connections{transport="plain"} 0',
    'fullduplex_publications_total 3',
    'fullduplex_append_seconds_bucket{le="0.005"} 1',
    'fullduplex_append_seconds_bucket{le="0.0025"} 0',
    'fullduplex_fell_behind_total 1',
    'fullduplex_followed_channels 5',
    'fullduplex_present_clients 7',
    'fullduplex_held_requests 4',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('two servers in one process count by themselves, and share the process’s own figures', async () => {
  const sources = { followed: () => 0, present: () => 0, held: () => 0 };
  const [first, second] = [new Metrics(sources), new Metrics(sources)];
  first.publications.inc();
  expect(await first.text()).toContain('fullduplex_publications_total 1');
  expect(await second.text()).toContain('fullduplex_publications_total 0');
  expect((await second.text()).match(/^process_cpu_seconds_total /gm)).toHaveLength(1);
});
