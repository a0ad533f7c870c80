/** What the Fargate tasks cost, in USD by the price table or the prices of the settings. */
export interface Money {
  /** An hour of what runs now. */
  perHour: number;
  /** Since midnight UTC. */
  today: number;
  /** In all runs with this state directory. */
  total: number;
  /** Records are missing: the true total is at least this. */
  isLowerBound: boolean;
  /** Null: no limit is in the way of the next launch; else since when one is. */
  limitedSince: number | null;
  onLimit: 'hold' | 'drain';
  /** The limits that are set, and what they are compared with. */
  limits: { name: string; usd: number; spent: number }[];
}
