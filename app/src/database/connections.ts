import type pg from "pg";

/** A connection for several statements. */
export interface Connection {
  query(config: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult>;
  /** Returns the connection to the pool. With `true` it is closed instead. */
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
  /** Closes all connections, so that new ones resolve the host name again. */
  renew(): void;
  counts(): ConnectionCounts;
  end(): Promise<void>;
}
