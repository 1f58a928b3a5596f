import type pg from "pg";

/** One connection, held for several statements. */
export interface Connection {
  query(config: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult>;
  /** Gives it back; with `true` it is closed instead of being used again. */
  release(destroy?: boolean): void;
}

/** Numbers of connections by state, for the metrics. */
export interface ConnectionCounts {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

/** A source of connections: a PostgreSQL server or the embedded one. */
export interface Connections {
  connect(): Promise<Connection>;
  /** Drops every connection that exists, in use or not, so that new ones resolve the host's name again. */
  renew(): void;
  counts(): ConnectionCounts;
  end(): Promise<void>;
}
