// What the thief of the demo has got hold of.

export interface ThiefConfig {
  /** Port of the thief page */
  readonly port: number;
  /** Port of the ingest origin, where the tap stands, and of the real ingest behind it */
  readonly tap: { readonly port: number; readonly upstream: number };
  /** The shop's address, for links */
  readonly shop: string;
  /** The shop's order book */
  readonly orders: string;
  /** Nightsafe's data directory */
  readonly data: string;
  /** Folder of the page's template and style */
  readonly pages: string;
  /** The `nightsafe` command, for the admin's panel */
  readonly nightsafe: string;
  /** File with the admin's passphrase; outside the data directory, so no part of the loot */
  readonly passphrase: string;
  readonly monitor: MonitorConfig;
}

/** What somebody else has, who watches the site. */
export interface MonitorConfig {
  /** The `nightsafe-monitor` command */
  readonly program: string;
  /** What it looks at */
  readonly targets: readonly string[];
  /** File of the trust anchor that it was brought */
  readonly anchor: string;
  /** File of what it remembers */
  readonly state: string;
}
