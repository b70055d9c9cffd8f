/** What `/metrics` tells Prometheus. It counts; it decides nothing. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type ConnectionKind = 'websocket' | 'plain';

/** What is counted where it is, and asked for when somebody looks. */
export interface MetricSources {
  readonly followed: () => number;
  readonly present: () => number;
  readonly held: () => number;
}

/** The process's own figures, collected once however many servers run in it. */
let processMetrics: Registry | undefined;

export class Metrics {
  readonly connections: Gauge<'transport'>;
  readonly publications: Counter;
  readonly appendSeconds: Histogram;
  readonly fellBehind: Counter;
  readonly requests: Counter<'endpoint' | 'status'>;
  readonly #registry = new Registry();

  constructor(sources: MetricSources) {
    const registers = [this.#registry];
    this.connections = new Gauge({
      name: 'fullduplex_connections',
      help: 'Open WebSockets.',
      labelNames: ['transport'],
      registers,
    });
    for (const transport of ['websocket', 'plain'] as const) {
      this.connections.set({ transport }, 0);
    }
    this.publications = new Counter({
      name: 'fullduplex_publications_total',
      help: 'Publications told to followed channels.',
      registers,
    });
    this.fellBehind = new Counter({
      name: 'fullduplex_fell_behind_total',
      help: 'How often a reader was too slow for its outbox and went back to reading the log.',
      registers,
    });
    this.appendSeconds = new Histogram({
      name: 'fullduplex_append_seconds',
      help: 'From the call of an append until it is durable.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    });
    this.requests = new Counter({
      name: 'fullduplex_http_requests_total',
      help: 'Answered requests of the HTTP API.',
      labelNames: ['endpoint', 'status'],
      registers,
    });
    gauge(registers, 'fullduplex_followed_channels', 'Channels that someone reads now.', sources.followed);
    gauge(registers, 'fullduplex_present_clients', 'Clients that count as here.', sources.present);
    gauge(registers, 'fullduplex_held_requests', 'Long polls and event streams that are held.', sources.held);
  }

  async text(): Promise<string> {
    if (processMetrics === undefined) {
      processMetrics = new Registry();
      collectDefaultMetrics({ register: processMetrics });
    }
    return (await this.#registry.metrics()) + (await processMetrics.metrics());
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}

function gauge(registers: Registry[], name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(value());
    },
  });
}
